import Foundation
import GRDB
import Measuring
import Store
import Support
import Testing

/// Stores that somebody changed to do harm.
@Suite struct ForeignStoreTests {
  private func store(_ experiment: ColourExperiment, changedBy sql: String) throws -> String {
    let store = try experiment.store()
    try store.save(experiment.record(in: store))
    try store.close()
    let path = try #require(experiment.folder).path + "/results.sqlite"
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path, configuration: configuration).inDatabase { db in try db.execute(sql: sql) }
    return path
  }

  private static let endless =
    "WITH RECURSIVE endless (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT randomblob(32) AS key, "
    + "'a=' || n AS ingredients FROM endless"

  @Test(arguments: [
    ("DROP TABLE texts; CREATE VIEW texts AS \(endless)", "another view `texts` than Heatdrift gives it"),
    (
      "DROP TABLE runs; CREATE TABLE runs (id INTEGER PRIMARY KEY, record AS (hex(zeroblob(100000000))))",
      "another table `runs` than Heatdrift gives it"
    ),
    (
      "CREATE TRIGGER undo AFTER INSERT ON raw_maps BEGIN DELETE FROM raw_maps; END",
      "another trigger `undo` than Heatdrift gives it"
    ),
    ("CREATE INDEX one ON passes (length(numbers))", "another index `one` than Heatdrift gives it"),
    (
      "ALTER TABLE passes RENAME COLUMN numbers TO values_",
      "another table `passes` than Heatdrift gives it"
    ),
    ("DROP TABLE outputs", "no table `outputs`"),
    ("PRAGMA user_version = -5", "another version (-5) than Heatdrift gives it"),
    // Found by fuzzing: no version has no tables to hold it to.
    (
      "PRAGMA user_version = 0; DROP TABLE texts; CREATE VIEW texts AS \(endless)",
      "another version (0) than Heatdrift gives it"
    ),
  ])
  func anotherSchemaIsRefused(sql: String, found: String) throws {
    let experiment = ColourExperiment()
    let path = try store(experiment, changedBy: sql)
    defer { withExtendedLifetime(experiment) {} }
    let problem = Problem.usage(
      at: Place(file: path), "the results store has \(found)",
      remedy: "Someone changed it: move it away; the next run computes everything again.")
    #expect(throws: problem) { try ResultsStore(readingAt: path) }
    #expect(throws: problem) { try ResultsStore(path: path) }
  }

  @Test func tablesOfOnesOwnBesideAreLeftAlone() throws {
    let experiment = ColourExperiment()
    defer { withExtendedLifetime(experiment) {} }
    let path = try store(
      experiment,
      changedBy: "CREATE TABLE notes (text); CREATE VIEW drift AS SELECT numbers FROM passes; ANALYZE")
    #expect(try ResultsStore(readingAt: path).check().faults == [])
    #expect(try ResultsStore(path: path).latestRun() != nil)
  }

  @Test(arguments: [
    ("$.experiment.seed", "-1", "the seed -1"),
    ("$.experiment.resamples", "1000000000000000000", "1000000000000000000 resamples"),
    ("$.models[0].inputSize", "9000000000", "an input of 9000000000 pixels"),
    ("$.models[0].classCount", "0", "0 classes"), ("$.models[0].width", "-0.5", "the width -0.5"),
    ("$.models[0].mean", "json('[0]')", "an input that is not of 3 channels, or 1"),
    ("$.experiment.attacks[0].epsilons[0]", "-0.5", "the epsilon -0.5"), ("$.images[1].label", "-1", "the label -1"),
    ("$.models[1]", "json_extract(record, '$.models[0]')", "2 models for 1"),
  ])
  func aRecordThatNoRunMakesIsRefused(key: String, value: String, found: String) throws {
    let experiment = ColourExperiment()
    defer { withExtendedLifetime(experiment) {} }
    let path = try store(
      experiment, changedBy: "UPDATE runs SET record = json_set(record, '\(key)', \(value))")
    #expect(
      throws: Problem.usage(
        at: Place(file: path), "the results store is damaged: the record of its latest run has \(found)",
        remedy: "Move it away; the next run computes everything again.")
    ) { try ResultsStore(readingAt: path).latestRun() }
  }
}
