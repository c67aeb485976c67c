use crate::output::Output;
use anyhow::Result;
use ext5_hub::Environment;
use ext5_trainer::{Machine, RECIPES, catalogue};
use serde_json::json;

pub(crate) fn run(output: &Output) -> Result<()> {
    let machine = Machine::look();
    let catalogue = catalogue(&[])?;
    let faults: Vec<String> = catalogue
        .check_all()
        .iter()
        .map(ToString::to_string)
        .collect();
    let recipes: Vec<&str> = RECIPES.iter().map(|recipe| recipe.0).collect();
    let mut value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "tasks": catalogue.tasks().count(),
        "mixtures": catalogue.mixtures().count(),
        "recipes": recipes,
        "hub": hub(),
        "faults": faults,
    });
    let rest: String = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}: {value}\n"))
        .collect();
    if let (Some(value), Ok(serde_json::Value::Object(machine))) =
        (value.as_object_mut(), serde_json::to_value(&machine))
    {
        value.extend(machine);
    }
    output.print(&value, || text(&machine) + &rest)
}

fn text(it: &Machine) -> String {
    let mut text = format!(
        "train on `{}` (`--set trainer.device={}`): {}\n",
        it.choose, it.choose, it.why
    );
    for device in &it.devices {
        let state = device.missing.as_deref().unwrap_or("opens");
        text.push_str(&format!("  {:<7} {}: {state}\n", device.name, device.is));
        if !device.opens {
            text.push_str(&format!("          needs {}\n", device.needs));
        }
    }
    let size = |mib: Option<f64>| {
        mib.map_or_else(
            || "unknown".to_owned(),
            |mib| format!("{:.1} GiB", mib / 1024.0),
        )
    };
    text.push_str(&format!(
        "processor: {} threads, {}, {:.0} GFLOP/s in products\nmemory left: {}; disk left here: {}\n",
        it.threads,
        it.isa,
        it.product_gflops,
        size(it.memory_available_mib),
        size(it.disk_free_mib),
    ));
    if let Some(speed) = &it.expected {
        text.push_str(&format!(
            "to expect of the processor: about {:.0} tokens/s in training {} ({})\n",
            speed.tokens_per_s, speed.model, speed.how
        ));
    }
    text
}

/// What the environment says about the Hub; of a token only whether there is one.
fn hub() -> serde_json::Value {
    match Environment::of_process() {
        Ok(it) => json!({
            "endpoint": it.endpoint,
            "cache": it.cache,
            "offline": it.offline,
            "token": it.token.is_some(),
        }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
