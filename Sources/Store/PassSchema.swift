extension StoreSchema {
  /// Version 4: numbers in place of hashes. What a model found of an image is one row, behind those before; whatever many rows
  /// share stands once.
  static let passes = Migration(
    sql: """
      -- What rows share: what keys are made of, one `name=value` a line, names of layers, environments.
      CREATE TABLE texts (
        id INTEGER PRIMARY KEY,
        text TEXT UNIQUE NOT NULL
      );

      -- What keys say of an image: its SHA-256, and how a face was cut out of it.
      CREATE TABLE images (
        id INTEGER PRIMARY KEY,
        ingredients TEXT UNIQUE NOT NULL
      );

      -- A model on an image: what all its values depend on. Network and preparation are texts.
      CREATE TABLE model_images (
        id INTEGER PRIMARY KEY,
        image INTEGER NOT NULL REFERENCES images (id),
        network INTEGER NOT NULL REFERENCES texts (id),
        preparation INTEGER NOT NULL REFERENCES texts (id),
        label INTEGER NOT NULL
      );
      CREATE UNIQUE INDEX subjects_by_image ON model_images (image, network, preparation, label);

      -- What the numbers of passes stand for; see PassLayout.
      CREATE TABLE layouts (
        id INTEGER PRIMARY KEY,
        text TEXT UNIQUE NOT NULL
      );

      -- What was computed of a subject at one time, in one environment (a text). The hash is of all that the numbers depend on
      -- and of themselves; they name the hashes of their raw maps, which have the numbers from `first_map` on.
      CREATE TABLE passes (
        id INTEGER PRIMARY KEY,
        subject INTEGER NOT NULL REFERENCES model_images (id),
        layout INTEGER NOT NULL REFERENCES layouts (id),
        environment INTEGER NOT NULL REFERENCES texts (id),
        first_map INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        numbers BLOB NOT NULL
      );
      CREATE INDEX passes_of_subject ON passes (subject, layout, environment);

      -- Raw maps as little-endian Float32, row-major, each different one of a pass once.
      CREATE TABLE raw_maps (
        id INTEGER PRIMARY KEY,
        height INTEGER NOT NULL,
        width INTEGER NOT NULL,
        bytes BLOB NOT NULL
      );

      -- Images as a network saw them before the attack, 8-bit PNG; of small runs only.
      CREATE TABLE pictures (
        id INTEGER PRIMARY KEY,
        image INTEGER NOT NULL REFERENCES images (id),
        preparation INTEGER NOT NULL REFERENCES texts (id),
        sha256 BLOB NOT NULL,
        png BLOB NOT NULL
      );
      CREATE UNIQUE INDEX pictures_by_image ON pictures (image, preparation);

      -- The direction of an attack, a bit or two for each value; of small runs only.
      CREATE TABLE directions (
        id INTEGER PRIMARY KEY,
        subject INTEGER NOT NULL REFERENCES model_images (id),
        settings INTEGER NOT NULL REFERENCES texts (id),
        sha256 BLOB NOT NULL,
        height INTEGER NOT NULL,
        width INTEGER NOT NULL,
        bytes BLOB NOT NULL
      );
      CREATE UNIQUE INDEX directions_by_subject ON directions (subject, settings);

      -- Values that were computed once more and came out otherwise than what is stored: `place` names the value.
      CREATE TABLE conflicts (
        id INTEGER PRIMARY KEY,
        subject INTEGER NOT NULL REFERENCES model_images (id),
        environment INTEGER NOT NULL REFERENCES texts (id),
        place TEXT NOT NULL,
        kept TEXT NOT NULL,
        found TEXT NOT NULL
      );

      -- Rows of earlier versions that are not what their hash says, as they were.
      CREATE TABLE leftovers (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        key BLOB NOT NULL,
        content TEXT NOT NULL
      );

      -- Hashes of files of the data, taken to be those of the same path, size, times and inode.
      CREATE TABLE files (
        path TEXT PRIMARY KEY NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        device INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        orientation INTEGER NOT NULL,
        sha256 BLOB NOT NULL
      ) WITHOUT ROWID;
      """,
    move: { db in
      var migration = PassMigration(db)
      try migration.run()
    },
    end: """
      DROP TABLE measurements;
      DROP TABLE subjects;
      DROP TABLE settings;
      DROP TABLE maps;
      DROP TABLE map_values;
      DROP TABLE photographs;
      DROP TABLE scores;
      DROP TABLE perturbations;
      """)
}

extension StoreSchema {
  /// Version 5: a place for what is found of all rows of large runs.
  static let findings = Migration(
    sql: """
      -- What was found of all rows and maps of a run, for its next report. `content` is the hash of all that it depends on, the
      -- other of its own bytes; see StoredFindings. Nothing is lost with it.
      CREATE TABLE findings (
        name TEXT PRIMARY KEY NOT NULL,
        content TEXT NOT NULL,
        sha256 BLOB NOT NULL,
        bytes BLOB NOT NULL
      );
      """)
}

extension StoreSchema {
  /// Version 6: where rows came from that other machines measured, and several runs in one store.
  static let origins = Migration(
    sql: """
      -- Of a shard's store its own part of the plan, of one that others were merged into each of theirs, as JSON; see StoreOrigin.
      CREATE TABLE origins (
        id INTEGER PRIMARY KEY,
        record TEXT NOT NULL
      );

      -- Which passes came from there, by their numbers.
      CREATE TABLE origin_passes (
        first INTEGER PRIMARY KEY,
        last INTEGER NOT NULL,
        origin INTEGER NOT NULL REFERENCES origins (id)
      );

      -- The runs of a sweep, one for each combination of settings, each a record like that of `runs`.
      CREATE TABLE sweep_runs (
        position INTEGER PRIMARY KEY,
        setting TEXT NOT NULL,
        record TEXT NOT NULL
      );
      """)
}
