extension StoreSchema {
  /// One table for each kind of value, each row under a hash with all that the hash was made of.
  static let formerTables = [
    """
    -- What a model and an image bring to each of their values: one `name=value` a line.
    CREATE TABLE subjects (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL
    ) WITHOUT ROWID;

    -- The key is the hash of everything that the row depends on; target, layer, epsilon and window are part of it
    -- and repeated for people who look into the store with other tools.
    CREATE TABLE measurements (
      key BLOB PRIMARY KEY NOT NULL,
      subject BLOB NOT NULL REFERENCES subjects (key),
      target TEXT NOT NULL,
      layer TEXT NOT NULL,
      epsilon REAL NOT NULL,
      window TEXT NOT NULL,
      clean_prediction INTEGER NOT NULL,
      adversarial_prediction INTEGER NOT NULL,
      clean_confidence REAL NOT NULL,
      adversarial_confidence REAL NOT NULL,
      ssim REAL NOT NULL,
      nissim REAL NOT NULL,
      clean_peak REAL NOT NULL,
      adversarial_peak REAL NOT NULL
    ) WITHOUT ROWID;

    -- Raw maps as little-endian Float32, row-major, each different map once.
    CREATE TABLE map_values (
      sha256 BLOB PRIMARY KEY NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE TABLE maps (
      key BLOB PRIMARY KEY NOT NULL,
      sha256 BLOB NOT NULL REFERENCES map_values (sha256)
    ) WITHOUT ROWID;

    -- Images as a network saw them before the attack, 8-bit PNG.
    CREATE TABLE photographs (
      key BLOB PRIMARY KEY NOT NULL,
      png BLOB NOT NULL
    );

    -- The latest run that was finished, as JSON, and the files that it left beside the store.
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      record TEXT NOT NULL
    );
    CREATE TABLE outputs (path TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
    """,
    """
    -- The rest of what a row's key was made of: explanation, attack and window, one `name=value` a line, each set
    -- once. Rows of version 1 have none; their keys cannot be made again from the store alone.
    CREATE TABLE settings (
      id INTEGER PRIMARY KEY,
      ingredients TEXT UNIQUE NOT NULL
    );
    ALTER TABLE measurements ADD COLUMN settings INTEGER;
    CREATE INDEX measurements_of_subject ON measurements (subject);
    -- Of a map: the whole text that its key is the hash of.
    ALTER TABLE maps ADD COLUMN ingredients TEXT;
    ALTER TABLE photographs ADD COLUMN ingredients TEXT;
    """,
    """
    -- Of each model, image and attack level, 0 the clean image: a line `class logit probability` for each of the highest
    -- logits. They depend on no target, layer or window. Stores of older versions have none.
    CREATE TABLE scores (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      classes TEXT NOT NULL
    ) WITHOUT ROWID;

    -- The sign of the loss's gradient for each model and image, a bit or two for each value.
    CREATE TABLE perturbations (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    """,
  ]
}
