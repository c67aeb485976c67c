"""The questions that all peers are asked, and how an answer is written: one JSON object a line.

C5: after a resume at step k, are the next 10 steps those of the run that never stopped?
C6: is a run cut at 1, 2, 3, 5, 10 and 25 random places, and resumed each time, the run that was not cut?
C7: may the number of data workers change at a resume, from each of 7 numbers to each?
"""

import argparse
import hashlib
import json
import random

STEPS = 200
AHEAD = 10
CUTS = [1, 2, 3, 5, 10, 25]
WORKERS = [0, 1, 2, 3, 4, 8, 16]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", action="store_true", help="every k of 1 to 199 in C5, not each tenth")
    parser.add_argument("--only", choices=["C5", "C6", "C7"], action="append")
    parser.add_argument("--setting", help="only settings that have this text in their name")
    return parser.parse_args()


def asked(options, test):
    return not options.only or test in options.only


def places(options):
    return [k for k in range(1, STEPS) if options.every or k % 10 == 9]


def cuts(count):
    return sorted(random.Random(count).sample(range(1, STEPS), count))


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def answer(peer, version, test, setting, passed, of, promise, note=""):
    line = {
        "peer": peer,
        "version": version,
        "test": test,
        "setting": setting,
        "found": f"{passed}/{of}" + (f"; {note}" if note else ""),
        "bound": f"{of}/{of}",
        "passes": passed == of,
        "promise": promise,
    }
    print(json.dumps(line), flush=True)


def ask_stream(options, peer, version, setting, promise, begin, resume):
    """C5 and C6 of a stream. `begin()` gives an iterator of batches that can be compared, and a function that gives its state;
    `resume(state)` gives the same, in a fresh object, behind that state."""
    if options.setting and options.setting not in setting:
        return
    batches, state = begin()
    reference, states = [], []
    for _ in range(STEPS):
        reference.append(next(batches))
        states.append(state())
    if asked(options, "C5"):
        passed, errors = 0, set()
        for k in places(options):
            try:
                batches, _ = resume(states[k - 1])
                wanted = reference[k : k + AHEAD]
                passed += [next(batches) for _ in wanted] == wanted
            except Exception as error:  # a peer that refuses does not pass
                errors.add(type(error).__name__)
        answer(peer, version, "C5", setting, passed, len(places(options)), promise, ", ".join(sorted(errors)))
    if asked(options, "C6"):
        passed, errors = 0, set()
        for count in CUTS:
            try:
                passed += chain(begin, resume, cuts(count)) == reference
            except Exception as error:
                errors.add(type(error).__name__)
        answer(peer, version, "C6", setting, passed, len(CUTS), promise, ", ".join(sorted(errors)))


def chain(begin, resume, at):
    batches, state = begin()
    found = []
    for step in range(STEPS):
        if step in at:
            batches, state = resume(state())
        found.append(next(batches))
    return found


def ask_workers(options, peer, version, setting, promise, begin, resume, half=20):
    """C7 of a stream: as above, but `begin(workers)` and `resume(state, workers)`."""
    if not asked(options, "C7") or (options.setting and options.setting not in setting):
        return
    passed, own, errors = 0, 0, {}
    for first in WORKERS:
        batches, _ = begin(first)
        uncut = [next(batches) for _ in range(2 * half)]
        reference = uncut if first == 0 else reference
        for second in WORKERS:
            try:
                batches, state = begin(first)
                found = [next(batches) for _ in range(half)]
                batches, _ = resume(state(), second)
                found += [next(batches) for _ in range(half)]
                passed += found == reference
                own += first == second and found == uncut
            except Exception as error:
                name = type(error).__name__
                errors[name] = errors.get(name, 0) + 1
    notes = [f"{own}/{len(WORKERS)} of unchanged numbers equal the uncut run of that number"]
    notes += [f"{name} in {count} pairs" for name, count in sorted(errors.items())]
    answer(peer, version, "C7", setting, passed, len(WORKERS) ** 2, promise, ", ".join(notes))
