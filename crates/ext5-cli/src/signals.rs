use ext5_trainer::Stop;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::sync::Arc;

/// Makes a file that grows over what the process may write an error of that write; else it would end the process without a word.
pub(crate) fn outlive_limits() {
    // Where it cannot be watched it stays as it was.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Turns Ctrl-C into a wish to stop after the current step, SIGTERM and SIGUSR1 likewise; a second one ends at once.
pub(crate) fn watch() -> std::io::Result<Stop> {
    let stop = Stop::default();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
    let wish = stop.clone();
    std::thread::spawn(move || {
        let mut asked = false;
        for signal in signals.forever() {
            let interrupt = signal == SIGINT;
            if asked {
                let code = if interrupt { 130 } else { 75 };
                signal_hook::low_level::exit(code);
            }
            asked = true;
            if interrupt {
                wish.interrupt();
            } else {
                wish.terminate();
            }
        }
    });
    Ok(stop)
}
