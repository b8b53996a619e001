import Architectures
import Attacks
import Datasets
import Engines
import ExperimentFile
import Explanations
import Foundation
import Graphs
import Measures
import Measuring
import Notebooks
import Results
import Store
import Support
import Tensors
import Testing
import Typesetting
import Weights

/// One toy of each kind, a file each, taken from the experiment file to the page and to `--why`: what a house with a room
/// for each method must hold.
@Suite struct NewMembersTests {
  private func withToys(_ body: () throws -> Void) throws {
    try attacks.adding(Brighter.self) {
      try explanations.adding(MeanActivation.self) {
        try measures.adding(MeanDifference.self) { try dataSources.adding(ColourSource.self, body) }
      }
    }
  }

  /// A folder with narrow weights, gone afterwards.
  private final class Folder: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)").path

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try write(.vgg16, width: 0.04)
    }

    func write(_ architecture: Architecture, width: Double) throws {
      var generator = SplitMix64(seed: 3)
      var writer = SafetensorsWriter()
      for tensor in architecture.requiredTensors(width: width, classes: 2, hiddenFeatures: 6) {
        let bound = (6 / Float(max(1, tensor.shape.count / max(1, tensor.shape[0])))).squareRoot()
        let values = (0..<tensor.shape.count).map { _ in
          (2 * Float(generator.next() >> 40) / 16_777_216 - 1) * (tensor.shape.rank == 1 ? 0.1 : bound)
        }
        try writer.add(tensor.name, Tensor(shape: tensor.shape, values: values))
      }
      try writer.write(to: "\(path)/\(architecture.rawValue).safetensors")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(attack: String = "{method: brighter, epsilons: [0.1, 0.3], strength: 0.5}", power: String = "1") throws
      -> ExperimentFile
    {
      try ExperimentFile(
        text: """
          title: New members
          seed: 1
          data: {source: colours, folder: \(path)/colours, count: 2}
          input: {size: 64}
          models: [{architecture: vgg16, weights: \(path)/vgg16.safetensors, width: 0.04, name: VGG16}]
          attack: \(attack)
          explain: {method: mean-activation}
          compare: {measure: mean-difference, power: \(power)}
          """, path: path + "/new.yaml")
    }

    /// The toy architecture at half its width, attacked, explained and compared as published.
    func pairFile(models: String? = nil) throws -> ExperimentFile {
      try ExperimentFile(
        text: """
          title: New members
          seed: 1
          data: {source: colours, folder: \(path)/colours, count: 2}
          models: [\(models ?? "{architecture: pair, weights: \(path)/pair.safetensors, width: 0.5}")]
          attack: {epsilons: [0.1]}
          """, path: path + "/new.yaml")
    }

    func run(_ file: ExperimentFile) throws -> ExperimentResults {
      let plan = try Plan(file)
      let engine = try EngineKind.openblas.makeEngine()
      let store = try ResultsStore(path: path + "/results.sqlite")
      let outcome = try Runner(plan: plan, store: store, engine: engine, threads: 1).run()
      let run = StoredRun(
        file: file, plan: plan, engine: engine.version, outcome: outcome, software: [], template: nil)
      try store.save(run)
      let read = try #require(try store.latestRun())
      #expect(read.experiment == file.experiment)
      return try store.results(of: read)
    }
  }

  @Test func everyKindIsReadWithItsOptions() throws {
    try withToys {
      let file = try Folder().file(power: "2")
      #expect((file.experiment.attacks[0].attack as? Brighter)?.strength == 0.5)
      #expect(file.experiment.explain.methods[0] is MeanActivation)
      #expect((file.experiment.compare.measures[0] as? MeanDifference)?.power == 2)
      #expect((file.experiment.data.source as? ColourSource)?.count == 2)
      let options = Dictionary(
        file.experiment.optionRecords.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      #expect(options["attack.method"] == "brighter" && options["attack.strength"] == "0.5")
      #expect(options["compare.measure"] == "mean-difference" && options["compare.power"] == "2")
      #expect(options["explain.method"] == "mean-activation" && options["data.count"] == "2")
      let again = try ExperimentFile(text: file.experiment.canonicalText(), path: file.path).experiment
      #expect(again.attacks == file.experiment.attacks && again.compare == file.experiment.compare)
      #expect(ExperimentDocumentation.markdown.contains("### method: brighter\n\nAdds epsilon times the strength"))
    }
  }

  @Test func aMistakeInANewMembersOptionIsNamed() throws {
    try withToys {
      let folder = try Folder()
      let problem = #expect(throws: Problem.self) {
        try folder.file(attack: "{method: brighter, epsilons: [0.1], strenght: 1}")
      }
      #expect(
        problem?.description
          == "\(folder.path)/new.yaml:6:45: unknown key `strenght` in `attack`\n  Did you mean `strength`?")
      let range = #expect(throws: Problem.self) {
        try folder.file(attack: "{method: brighter, epsilons: [0.1], strength: 2}")
      }
      #expect(range?.message == "`attack.strength` must lie in (0, 1], found `2`")
      // Another attack's option is none of this one's.
      let other = #expect(throws: Problem.self) {
        try folder.file(attack: "{method: brighter, epsilons: [0.1], loss-label: label}")
      }
      #expect(other?.message == "unknown key `loss-label` in `attack`")
    }
  }

  @Test func everyKindIsMeasuredStoredAndPrinted() throws {
    try withToys {
      let folder = try Folder()
      let results = try folder.run(folder.file())
      #expect(results.measurements.count == 2 * 3)
      for row in results.measurements {
        #expect(row.attack == "brighter" && row.explanation == "mean-activation")
        #expect(row.parts.isEmpty && row.dissimilarities.count == 1)
        #expect(row.epsilon == 0 ? row.dissimilarity == 0 : row.dissimilarity > 0 && row.dissimilarity < 1)
      }
      let csv = try ResultsCSV.text(results).split(separator: "\n")
      #expect(csv[0].contains(",adversarial_prediction,mean_difference,clean_peak,"))
      let series = try #require(try results.summarise().first)
      #expect(series.measure == "mean-difference")
      // The page: what the members say of themselves, on axes, in captions and in the methods section.
      let template = try Template(
        source: "```{mod-curve}\nlabel: fig-curve\n```\n\n```{dissimilarity-histogram}\n```\n\n```{methods}\n```\n\n"
          + "```{sample-card}\n```",
        file: "toy.md")
      let notebook = try Notebook(template, results: results, measurer: FixedMeasurer())
      #expect(notebook.problems == [])
      let page = notebook.document.squeezedText
      for sentence in [
        "MOD, the mean Mean difference", "Brighter: x′ = min(1, x + ε)", "Mean activation: the mean",
        "Mean difference = mean |H − H′|", "to the power of 1.",
        "attacked photographs are not shown: Brighter does not add one pattern",
      ] {
        #expect(page.contains(sentence.filter { !$0.isWhitespace }), "\(sentence)")
      }
      let strongest = results.measurements.filter { $0.epsilon == 0.3 }.map(\.dissimilarity)
      #expect(abs(try #require(series.levels.last).mod.value - strongest.reduce(0, +) / 2) < 1e-15)
    }
  }

  @Test func anArchitectureIsReadMeasuredAndPrinted() throws {
    try dataSources.adding(ColourSource.self) {
      let folder = try Folder()
      let unknown = #expect(throws: Problem.self) { try folder.pairFile() }
      #expect(unknown?.message.hasPrefix("`models[0].architecture` must be one of") == true, "\(unknown as Any)")
      try architectures.adding(.pair) {
        try folder.write(.pair, width: 0.5)
        let file = try folder.pairFile()
        #expect(file.experiment.models[0].architecture == .pair && file.experiment.models[0].input.size == 40)
        let results = try folder.run(file)
        #expect(results.measurements.count == 2 * 2 && results.measurements.allSatisfy { $0.layer == "second.relu" })
        let template = try Template(source: "```{mod-table}\n```", file: "toy.md")
        let notebook = try Notebook(template, results: results, measurer: FixedMeasurer())
        #expect(notebook.document.squeezedText.contains("Pairofconvolutions"))
        // Who gives other weights, or another width, is told what they fit.
        let other = #expect(throws: Problem.self) {
          try Plan(folder.pairFile(models: "{architecture: vgg16, weights: \(folder.path)/pair.safetensors}"))
        }
        #expect(other?.remedy == "The file fits `architecture: pair` with `width: 0.5`.")
        #expect(ExperimentDocumentation.markdown.contains("`pair`"))
        let variant = #expect(throws: Problem.self) {
          try folder.pairFile(
            models: "{architecture: pair, weights: \(folder.path)/pair.safetensors, variant: caffe}")
        }
        #expect(
          variant?.message == "pair has no variant `caffe`"
            && variant?.remedy == "`resnet50` and `resnet101` have it: leave `variant` out.")
      }
    }
  }

  @Test func whatChangedIsSaid() throws {
    try withToys {
      let folder = try Folder()
      _ = try folder.run(folder.file())
      let store = try ResultsStore(readingAt: folder.path + "/results.sqlite")
      let engine = try EngineKind.openblas.makeEngine().version
      func reasons(_ file: ExperimentFile) throws -> [[Forecast.Change]] {
        try Forecast(plan: Plan(file), store: store, engine: engine, why: true).models[0].reasons.map(\.changes)
      }
      #expect(try reasons(folder.file()) == [])
      #expect(
        try reasons(folder.file(power: "2")) == [[Forecast.Change(ingredient: "power", former: "1", value: "2")]])
      let attack = "{method: brighter, epsilons: [0.1, 0.3], strength: 0.25}"
      #expect(
        try reasons(folder.file(attack: attack))
          == [[Forecast.Change(ingredient: "strength", former: "0.5", value: "0.25")]])
    }
  }
}
