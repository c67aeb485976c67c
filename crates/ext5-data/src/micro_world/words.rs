//! The words the world is made of. Everything is lower case and one word, so that a small vocabulary holds it.

/// Women's names; with [`MASCULINE_NAMES`] these are the people.
pub(super) const FEMININE_NAMES: [&str; 80] = [
    "ada", "agnes", "alba", "alice", "alma", "amina", "anna", "anya", "astrid", "aisha", "bella",
    "berta", "bianca", "bridget", "carla", "cecilia", "clara", "daria", "delia", "diana", "edith",
    "elena", "elsa", "emma", "erika", "esther", "eva", "fatima", "fiona", "flora", "freya",
    "gemma", "greta", "hana", "hannah", "helga", "hilda", "ida", "ines", "ingrid", "irene", "irma",
    "jana", "jelena", "joanna", "judith", "julia", "karin", "katya", "laila", "laura", "leila",
    "lena", "lidia", "linda", "lucia", "luna", "maja", "mara", "marta", "mira", "monika", "nadia",
    "naomi", "nina", "nora", "olga", "paula", "petra", "rita", "rosa", "sara", "selma", "sofia",
    "tamar", "tessa", "ursula", "vera", "wanda", "zara",
];

/// Men's names.
pub(super) const MASCULINE_NAMES: [&str; 80] = [
    "aaron", "abel", "adam", "alan", "albert", "anton", "arthur", "axel", "bela", "boris", "bruno",
    "carl", "caspar", "cyril", "daniel", "david", "dmitri", "edgar", "edwin", "elias", "emil",
    "eric", "ernst", "felix", "fergus", "finn", "gabor", "george", "gilbert", "goran", "gustav",
    "hamid", "harald", "hector", "henry", "hugo", "ian", "igor", "isaac", "ivan", "ivo", "jakob",
    "james", "jan", "jonas", "josef", "karim", "kasper", "kurt", "lars", "leon", "liam", "lukas",
    "magnus", "marek", "martin", "milo", "mohan", "nikolai", "nils", "noel", "omar", "oscar",
    "otto", "pavel", "peter", "rafael", "ravi", "rolf", "rudolf", "samir", "simon", "stefan",
    "sven", "thomas", "tobias", "victor", "walter", "yusuf", "zoltan",
];

/// Towns.
pub(super) const PLACES: [&str; 40] = [
    "aldmere", "arvik", "balsund", "bergola", "brinmoor", "calden", "corvale", "dalwick", "dorrim",
    "elmsby", "fardale", "fenmoor", "galvia", "gorsby", "halmund", "hestia", "ildar", "jorvale",
    "karlund", "kelwick", "lindale", "lorvik", "marsby", "mirova", "nordal", "oakmoor", "orlund",
    "pelgrad", "quarna", "ravelle", "rosvik", "selmoor", "soravia", "tarnby", "torgrad", "ulmen",
    "valdora", "westrim", "yarrick", "zelgrad",
];

/// Parts of the country.
pub(super) const REGIONS: [&str; 4] = ["north", "south", "east", "west"];

/// Rivers.
pub(super) const RIVERS: [&str; 6] = ["tane", "orlo", "visel", "bruna", "kessa", "lomar"];

/// Things to eat and drink.
pub(super) const FOODS: [&str; 16] = [
    "bread", "cheese", "honey", "wine", "fish", "soup", "cake", "apples", "tea", "rice", "butter",
    "pears", "nuts", "plums", "corn", "milk",
];

/// Instruments; only plain text names them.
pub(super) const INSTRUMENTS: [&str; 12] = [
    "violin", "piano", "flute", "guitar", "trumpet", "harp", "cello", "organ", "banjo", "clarinet",
    "horn", "zither",
];

/// Pets; only plain text names them.
pub(super) const PETS: [&str; 12] = [
    "cat", "dog", "parrot", "rabbit", "turtle", "hamster", "pony", "goat", "duck", "snake",
    "lizard", "mouse",
];

/// Professions, each with where one does it and what one does.
pub(super) const PROFESSIONS: [(&str, &str, &str); 20] = [
    ("baker", "bakery", "bakes bread"),
    ("teacher", "school", "teaches children"),
    ("doctor", "hospital", "heals the sick"),
    ("farmer", "farm", "grows corn"),
    ("fisher", "harbour", "catches fish"),
    ("miner", "mine", "digs for coal"),
    ("tailor", "shop", "sews coats"),
    ("smith", "forge", "makes iron tools"),
    ("painter", "studio", "paints pictures"),
    ("judge", "court", "decides cases"),
    ("cook", "inn", "makes soup"),
    ("gardener", "park", "plants trees"),
    ("carpenter", "workshop", "builds chairs"),
    ("driver", "station", "drives a bus"),
    ("clerk", "office", "writes letters"),
    ("guard", "castle", "guards the gate"),
    ("potter", "pottery", "makes cups"),
    ("librarian", "library", "lends books"),
    ("pilot", "airport", "flies a plane"),
    ("miller", "mill", "grinds corn"),
];

/// Where stories happen.
pub(super) const SITES: [&str; 12] = [
    "market", "school", "park", "harbour", "station", "library", "museum", "garden", "mill",
    "bridge", "inn", "castle",
];

/// Days of the week.
pub(super) const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Words of praise.
pub(super) const PRAISE: [&str; 8] = [
    "lovely",
    "good",
    "wonderful",
    "useful",
    "pretty",
    "fine",
    "splendid",
    "pleasant",
];

/// Words of blame.
pub(super) const BLAME: [&str; 8] = [
    "ugly", "bad", "awful", "useless", "dull", "poor", "horrible", "nasty",
];

/// A thing people own: its kind, where it is kept, its size from 1 (in a hand) to 6 (holds a
/// crowd), and what it is for ("you use a saw to ...").
#[derive(Clone, Copy)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) room: &'static str,
    pub(super) size: u8,
    pub(super) purpose: &'static str,
}

const fn object(
    name: &'static str,
    kind: &'static str,
    room: &'static str,
    size: u8,
    purpose: &'static str,
) -> Object {
    Object {
        name,
        kind,
        room,
        size,
        purpose,
    }
}

/// Things, ten of each kind; no two have the same purpose.
pub(super) const OBJECTS: [Object; 60] = [
    object("hammer", "tool", "shed", 2, "drive a nail"),
    object("saw", "tool", "shed", 2, "cut wood"),
    object("drill", "tool", "shed", 2, "make a hole in a wall"),
    object("rope", "tool", "shed", 2, "tie a bundle"),
    object("ladder", "tool", "shed", 4, "reach the roof"),
    object("spade", "tool", "shed", 3, "dig in the earth"),
    object("axe", "tool", "shed", 3, "split a log"),
    object("brush", "tool", "shed", 1, "paint a wall"),
    object("needle", "tool", "shed", 1, "mend a sleeve"),
    object("broom", "tool", "shed", 3, "sweep the floor"),
    object("chair", "furniture", "parlour", 3, "sit down"),
    object("table", "furniture", "parlour", 4, "serve a dinner"),
    object("bed", "furniture", "parlour", 4, "sleep at night"),
    object("lamp", "furniture", "parlour", 2, "light a room"),
    object("shelf", "furniture", "parlour", 4, "store books"),
    object("mirror", "furniture", "parlour", 3, "see your face"),
    object("clock", "furniture", "parlour", 2, "tell the time"),
    object("sofa", "furniture", "parlour", 4, "rest with guests"),
    object("desk", "furniture", "parlour", 4, "write a report"),
    object("carpet", "furniture", "parlour", 4, "warm the floor"),
    object("coat", "clothing", "wardrobe", 3, "stay warm in winter"),
    object("hat", "clothing", "wardrobe", 2, "shade your eyes"),
    object("scarf", "clothing", "wardrobe", 2, "warm your neck"),
    object("glove", "clothing", "wardrobe", 1, "warm your hand"),
    object("boot", "clothing", "wardrobe", 2, "walk in mud"),
    object("belt", "clothing", "wardrobe", 2, "hold up trousers"),
    object("sock", "clothing", "wardrobe", 1, "warm your foot"),
    object("dress", "clothing", "wardrobe", 3, "dance at a ball"),
    object("apron", "clothing", "wardrobe", 2, "keep clean at work"),
    object("umbrella", "clothing", "wardrobe", 3, "stay dry in rain"),
    object("boat", "vehicle", "yard", 5, "cross the lake"),
    object("ship", "vehicle", "yard", 6, "cross the sea"),
    object("cart", "vehicle", "yard", 5, "carry hay"),
    object("bicycle", "vehicle", "yard", 4, "ride to town"),
    object("truck", "vehicle", "yard", 6, "move heavy stones"),
    object("train", "vehicle", "yard", 6, "travel across the land"),
    object("bus", "vehicle", "yard", 6, "take many people home"),
    object("sled", "vehicle", "yard", 4, "slide over snow"),
    object("plane", "vehicle", "yard", 6, "fly over the sea"),
    object("tractor", "vehicle", "yard", 5, "plough a field"),
    object("ball", "toy", "nursery", 2, "play in the field"),
    object("doll", "toy", "nursery", 2, "act a small family"),
    object("kite", "toy", "nursery", 3, "play in the wind"),
    object("puzzle", "toy", "nursery", 2, "train your mind"),
    object("marble", "toy", "nursery", 1, "roll over the floor"),
    object("balloon", "toy", "nursery", 2, "fill the air with colour"),
    object("puppet", "toy", "nursery", 2, "put on a show"),
    object("swing", "toy", "nursery", 4, "fly up and down"),
    object("dice", "toy", "nursery", 1, "throw a number"),
    object("robot", "toy", "nursery", 3, "play with a machine"),
    object("spoon", "dish", "kitchen", 1, "eat soup"),
    object("fork", "dish", "kitchen", 1, "eat a salad"),
    object("knife", "dish", "kitchen", 1, "cut bread"),
    object("cup", "dish", "kitchen", 1, "drink tea"),
    object("plate", "dish", "kitchen", 2, "hold cake"),
    object("pot", "dish", "kitchen", 3, "boil rice"),
    object("pan", "dish", "kitchen", 3, "fry fish"),
    object("bowl", "dish", "kitchen", 2, "mix dough"),
    object("kettle", "dish", "kitchen", 3, "heat water"),
    object("oven", "dish", "kitchen", 4, "bake bread"),
];

/// `word` with the article it takes: "a lamp", "an axe".
pub(super) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {word}")
}
