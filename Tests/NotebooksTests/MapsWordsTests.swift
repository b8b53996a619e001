import Explanations
import Images
import Notebooks
import Results
import Support
import Testing
import Typesetting

/// What a report says of a model whose maps were computed elsewhere.
@Suite struct MapsWordsTests {
  private func results(_ change: (inout MapsRecord) -> Void = { _ in }) -> ExperimentResults {
    var made = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 6, epsilons: [0.01, 0.1], deadEvery: 1)
    made.inputSize = 32
    var results = made.results
    var maps = MapsRecord(
      producer: "a script", software: [.init(name: "torch", version: "2.9")], fileCount: 1, areScaled: false,
      haveInputs: false, levels: ["fgsm": [0.01, 0.1]], explanations: ["grad-cam"], targets: [.predicted],
      hasControl: true)
    change(&maps)
    results.models[1].maps = maps
    results.models[1].architecture = ModelRecord.mapsArchitecture
    results.models[1].parameterCount = 0
    return results
  }

  private func made(_ source: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
  }

  private func says(_ source: String, _ results: ExperimentResults, _ sentence: String) throws -> Bool {
    let made = try made(source, results)
    #expect(made.problems == [])
    return made.document.says(sentence)
  }

  @Test func theMethodsSayWhoComputedThem() throws {
    let cell = "```{methods}\n```"
    #expect(
      try says(
        cell, results(),
        "B was not run by Heatdrift: answers, attacked images and class activation maps were computed elsewhere, those of B by a "
          + "script (torch 2.9), and read from files whose sums stand in the provenance."))
    #expect(try says(cell, results(), "and B (run elsewhere, input 32 × 32)"))
    #expect(try !says(cell, results(), "scaled to [0, 1] before"))
    #expect(
      try says(
        cell, results { $0.areScaled = true },
        "The maps of B were scaled to [0, 1] before they were written: their peaks tell nothing."))
    #expect(
      try says(
        cell, results { $0.hasControl = false }, "Of B no clean image was explained a second time: there is no control."
      ))
  }

  @Test func sectionsAndTablesSayIt() throws {
    let loop = "{% for model in models %}\n{{ model.introduction }}\n\n{% end %}"
    #expect(
      try says(
        loop, results(),
        "B was not run by Heatdrift: its answers and maps were computed elsewhere, by a script (torch 2.9). It takes images of 32 × 32 pixels."
      ))
    #expect(try says(loop, results(), "A has 1,234,567 parameters and takes images of 32 × 32 pixels."))
    let table = "```{mod-table}\nlabel: tab-mod\n```"
    #expect(try says(table, results(), "The maps of B were computed elsewhere."))
    #expect(try !says("```{mod-table}\nlabel: tab-mod\nmodels: [a]\n```", results(), "computed elsewhere"))
    #expect(
      try says("```{mod-table}\nlabel: tab-mod\nmodels: [b]\n```", results(), "The maps of B were computed elsewhere."))
  }

  @Test func aCardWithoutPicturesShowsTheCleanImageAlone() throws {
    var results = results()
    results.pictures = CleanPictures(source: results.pictures)
    let card = "```{sample-card}\nmodels: [b]\n```"
    #expect(
      try says(
        card, results,
        "attacked photographs are not shown: the file that the maps were read from has none of this image;"))
    let texts = try made(card, results).figures[0].frame.texts.map(\.text)
    #expect(texts.contains("heatmap") && !texts.contains("perturbation × 10"))
  }
}

/// Photographs and maps, and no direction of an attack.
private struct CleanPictures: PictureSource {
  let source: any PictureSource

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    try source.rawMap(of: series, image: image, epsilon: epsilon)
  }
  func photograph(model: String, image: String) throws -> RGBImage? {
    try source.photograph(model: model, image: image)
  }
  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    try source.scores(model: model, image: image, attack: attack, epsilon: epsilon)
  }
}
