import ExperimentFile
import Foundation
import GoldenSupport
import Measuring
import Results
import Store
import Support
import Testing

/// Several runs as one report's results.
@Suite struct ComparedRunsTests {
  private func found(_ experiment: ColourExperiment, _ name: String) throws -> FoundRun {
    let store = try experiment.store()
    return FoundRun(name: name, run: try experiment.record(in: store), store: store)
  }

  private func values(_ results: ExperimentResults, _ model: String) -> [String] {
    results.measurements.filter { $0.model == model }.map { "\($0.image) \($0.epsilon) \($0.dissimilarities)" }
  }

  /// The second run has its images under other names, in another order, and one more of its own.
  @Test func imagesArePairedByTheirContent() throws {
    let first = ColourExperiment()
    var second = ColourExperiment()
    second.images = [
      ("green/x.png", 1, first.images[1].image), ("red/y.png", 0, first.images[0].image),
      ("red/own.png", 0, halves([1, 2, 3], [200, 2, 3])),
    ]
    let runs = try ComparedRuns([try found(first, "a"), try found(second, "b")], isSweep: false)
    let results = try runs.results()
    #expect(results.models.map(\.name) == ["VGG16 (a)", "VGG16 (b)"])
    #expect(results.models.map(\.key) == ["vgg16 (a)", "vgg16 (b)"])
    #expect(results.images.map(\.path) == ["red/a.png", "green/b.png"])
    let own = try #require(try first.run().results)
    let expected = values(own, "vgg16").filter { !$0.hasPrefix("blue") }
    #expect(expected.count == 4)
    #expect(values(results, "vgg16 (a)") == expected)
    #expect(values(results, "vgg16 (b)") == expected)
    #expect(
      runs.warnings == [
        Warning(
          "This report is over the 2 images that all runs measured: “a” has 1 beyond them and “b” has 1 beyond them",
          remedy: "Its numbers are not those of the runs’ own reports, which are over all of theirs.")
      ])
    #expect(
      results.runs?.agreements == [
        "VGG16 (a) and VGG16 (b) are one network under the same options: every measure of all 4 rows is the same to the last "
          + "digit."
      ])
    #expect(results.runs?.runs.map(\.imageCount) == [3, 3])
    #expect(results.runs?.commonImages == 2)
    // Paired image by image: nothing is left of a difference between what is the same.
    let family = results.differences(among: try results.summarise(), epsilons: [0.2])
    #expect(family.pairs.map(\.imageCount) == [2])
    #expect(family.pairs.map { $0.levels.map(\.mod.value) } == [[0]])
    #expect(
      try ResultsCSV.text(results).split(separator: "\n").map {
        $0.contains(",grad-cam,a,VGG16 (a),") || $0.contains(",grad-cam,b,VGG16 (b),")
      }
        == [false] + [Bool](repeating: true, count: 8))
    let ending = ",attack,explanation,run," + ResultsCSV.names.joined(separator: ",")
    #expect(try ResultsCSV.text(results).split(separator: "\n")[0].hasSuffix(ending))
    // Maps come from each one's own store.
    var maps = 0
    try results.readMaps { rows in
      rows.map(\.row.model)
    } consume: { models in
      maps += models.count
    }
    #expect(maps == 8)
  }

  @Test func onlyWhatAllRunsHaveIsShown() throws {
    var first = ColourExperiment(attack: "epsilons: [0.1, 0.2]", targets: "[predicted, label]")
    first.measures = "measures: [nissim, rank], window: uniform"
    var second = ColourExperiment(attack: "epsilons: [0.2, 0.3], loss-label: predicted", targets: "[label]")
    second.window = "gaussian"
    let runs = try ComparedRuns([try found(first, "a"), try found(second, "b")], isSweep: false)
    let results = try runs.results()
    #expect(results.epsilons == [0.2])
    #expect(results.targets == [.label])
    #expect(results.measureKeys == ["nissim"])
    #expect(results.summaries().problems.isEmpty)
    #expect(results.summaries().complete.map(\.model.name) == ["VGG16 (a)", "VGG16 (b)"])
    #expect(
      runs.warnings.map(\.sentences) == [
        "Left out, since not every run has it: attack levels 0.1 of FGSM (“a”), 0.3 of FGSM (“b”); target predicted (“a”); "
          + "measure rank distance (“a”). Add it to the other runs’ experiments and run them again: only what is new is "
          + "measured.",
        "FGSM is not one attack in all runs: loss-label is label in “a” and predicted in “b”. A difference between these runs "
          + "may come of that alone.",
        "NISSIM is not one measure in all runs: window is uniform in “a” and gaussian in “b”. A difference between these "
          + "runs may come of that alone.",
      ])
    #expect(results.runs?.agreements == [])
    #expect(
      results.runs?.differences == [
        .init(section: "options", name: "attacks.fgsm.epsilons", values: ["0.1, 0.2", "0.2, 0.3"]),
        .init(section: "options", name: "attacks.fgsm.loss-label", values: ["label", "predicted"]),
        .init(section: "options", name: "explain.targets", values: ["predicted, label", "label"]),
        .init(section: "options", name: "compare.window", values: ["uniform", "gaussian"]),
        .init(section: "options", name: "compare.measures", values: ["NISSIM, rank distance", "NISSIM"]),
      ])
    #expect(results.options.first { $0.key == "compare.window" }?.value == "uniform (a); gaussian (b)")
  }

  /// A sweep shows of each run what it has.
  @Test func aSweepShowsEverything() throws {
    var first = ColourExperiment(attack: "epsilons: [0.1]", targets: "[predicted]")
    first.measures = "measures: [rank, nissim], window: uniform"
    let second = ColourExperiment(attack: "epsilons: [0.2, 0.3]", targets: "[label]")
    let runs = try ComparedRuns(
      [try found(first, "targets predicted"), try found(second, "targets label")], isSweep: true)
    let results = try runs.results()
    let (summaries, problems) = results.summaries()
    #expect(problems.isEmpty)
    #expect(
      summaries.map { "\($0.model.name) \($0.target.rawValue) \($0.measure) \($0.levels.map(\.epsilon))" } == [
        "VGG16 (predicted) predicted rank [0.1]", "VGG16 (predicted) predicted nissim [0.1]",
        "VGG16 (label) label nissim [0.2, 0.3]",
      ])
    let alone = try second.run().results?.summarise()
    #expect(alone?.first?.levels.map(\.mod.value) == summaries[2].levels.map(\.mod.value))
    #expect(alone?.first?.imageCount == summaries[2].imageCount)
    #expect(
      runs.warnings.map(\.message) == [
        "Not every run of this sweep has all that is shown: attack levels 0.1 of FGSM (“targets predicted”), 0.2 of FGSM (“targets label”), "
          + "0.3 of FGSM (“targets label”); targets predicted (“targets predicted”), label (“targets label”); measure rank "
          + "distance (“targets predicted”)"
      ])
  }

  @Test func whatMeansNothingIsRefused() throws {
    func refusal(_ first: ColourExperiment, _ second: ColourExperiment) throws -> String {
      let runs = [try found(first, "a"), try found(second, "b")]
      do {
        _ = try ComparedRuns(runs, isSweep: false)
        return "none"
      } catch {
        #expect(error.kind == .usage)
        return error.message
      }
    }
    let first = ColourExperiment()
    var labels = ColourExperiment()
    labels.images[1].label = 2
    #expect(
      try refusal(first, labels)
        == "these runs cannot be compared: an image has another label in “b” than in “a”: green/b.png is 1 here and 2 there"
    )
    var others = ColourExperiment()
    others.images = [("red/z.png", 0, halves([9, 9, 9], [99, 9, 9]))]
    #expect(
      try refusal(first, others)
        == "these runs cannot be compared: no image was measured by all runs: there are 3 of “a” and 1 of “b”")
    #expect(
      try refusal(first, ColourExperiment(attack: "epsilons: [0.1, 0.3]"))
        == "these runs cannot be compared: the runs have no attack level in common: “a” has 0.2, “b” has 0.1 and 0.3")
    #expect(
      try refusal(first, ColourExperiment(attack: "method: pgd, epsilons: [0.2], steps: 2"))
        == "these runs cannot be compared: the runs have no attack in common: “a” has FGSM, “b” has PGD")
    #expect(
      try refusal(first, ColourExperiment(targets: "[label]"))
        == "these runs cannot be compared: the runs have no target in common: “a” has predicted, “b” has label")
    var measure = ColourExperiment()
    measure.measures = "measures: [rank]"
    #expect(
      try refusal(first, measure)
        == "these runs cannot be compared: the runs have no measure in common: “a” has NISSIM, “b” has rank distance")
    var unrelated = try found(ColourExperiment(), "b")
    unrelated.run.experiment.data.labels = .unrelated
    #expect {
      try ComparedRuns([try found(first, "a"), unrelated], isSweep: false)
    } throws: { error in
      "\(error)"
        == "these runs cannot be compared: labels are the networks’ classes in some runs and none in others: `data.labels` is "
        + "classes in “a” and unrelated in “b”\n"
        + "  Compare runs whose labels mean the same, or run one again: nothing is measured anew for another `labels`."
    }
    var named = try found(ColourExperiment(), "b")
    named.run.classNames = ["red", "blue", "green"]
    #expect {
      try ComparedRuns([try found(first, "a"), named], isSweep: false)
    } throws: { error in
      (error as? Problem)?.message
        == "these runs cannot be compared: class 1 is `green` in “a” and `blue` in “b”: a label of one means something else in "
        + "the other"
    }
    #expect {
      try ComparedRuns([try found(first, "a")], isSweep: false)
    } throws: { error in
      (error as? Problem)?.message == "there is one run only, “a”, and nothing to compare it with"
    }
  }

  @Test func whatMakesItUnfairIsSaid() throws {
    func warnings(_ change: (inout FoundRun) throws -> Void) throws -> [String] {
      var second = try found(ColourExperiment(), "b")
      try change(&second)
      return try ComparedRuns([try found(ColourExperiment(), "a"), second], isSweep: false).warnings.map(\.message)
    }
    #expect(try warnings { _ in } == [])
    var controlled = ColourExperiment()
    controlled.control = "none"
    #expect(
      try warnings { $0 = try found(controlled, "b") } == [
        "The control is of the 0 images on which every run ran it: of the common ones there are 3 in “a” and 0 in “b”"
      ])
    #expect(
      try warnings { $0.run.warnings = [Warning("the faces are small")] } == ["Of “b”: the faces are small"])
  }

  @Test func runsAreCalledByTheShortestEndsOfTheirPaths() {
    #expect(RunNames.distinguishing(["runs/a", "runs/b/"]) == ["a", "b"])
    #expect(RunNames.distinguishing(["/x/orl", "/y/orl", "/y/faces"]) == ["x/orl", "y/orl", "faces"])
    #expect(RunNames.distinguishing(["/x/r/orl", "/y/r/orl"]) == ["x/r/orl", "y/r/orl"])
    #expect(RunNames.distinguishing(["/r", "/x/r"]) == ["r", "x/r"])
  }

  @Test func provenanceNamesEveryRun() throws {
    let runs = try ComparedRuns(
      [try found(ColourExperiment(), "a"), try found(ColourExperiment(), "b")], isSweep: false)
    let results = try runs.results()
    let lines = try ResultsCSV.text(results).split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
    let sums = ["a", "b"].map { run in
      Checksum.sha256(Array(lines.filter { $0.contains(",grad-cam,\(run),") }.map { $0 + "\n" }.joined().utf8))
    }
    let json = try runs.provenanceJSON(
      of: results, table: nil, images: runs.encodedImages(), namesImages: true, files: ["report.pdf"])
    let folder = try TestFolder()
    try folder.write(json, to: "provenance.json")
    #expect(ComparisonFolder.runs(folder.path) == ["a", "b"])
    #expect(RenderedFolder.files(folder.path) == ["report.pdf"])
    struct Document: Decodable {
      struct Run: Decodable {
        struct Provenance: Decodable {
          var imagesSHA256: String
          var options: [String: String]
        }
        var name: String
        var rowsSHA256: String
        var provenance: Provenance
      }
      var images: [ImageRecord]
      var runs: [Run]
    }
    let document = try JSONDecoder().decode(Document.self, from: Data(json))
    #expect(document.images == results.images)
    #expect(document.runs.map(\.rowsSHA256) == sums)
    #expect(
      document.runs.map(\.provenance.imagesSHA256) == [
        Checksum.sha256(try runs.encodedImages()), Checksum.sha256(try runs.encodedImages()),
      ])
    #expect(document.runs[0].provenance.options["attack.epsilons"] == "0.2")
    let anonymous = try runs.anonymous
    #expect(try anonymous.results().models.map(\.name) == ["VGG16 (run 1)", "VGG16 (run 2)"])
  }
}
