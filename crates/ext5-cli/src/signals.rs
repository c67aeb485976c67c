use ext5_trainer::Stop;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

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
