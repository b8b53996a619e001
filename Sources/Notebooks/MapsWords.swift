import Figures
import Results

/// What reports say of models whose answers and maps were computed elsewhere: nobody may take them for Heatdrift's own.
extension ExperimentResults {
  /// Of these models, in the order of the experiment.
  var modelsFromMaps: [ModelRecord] { models.filter { $0.maps != nil } }

  /// For the methods section: who computed what, and what of the section is not of them; nil where there are none.
  var mapsMethods: String? {
    let own = modelsFromMaps
    guard !own.isEmpty else { return nil }
    let names = Values.list(own.map(\.name))
    let sources = own.compactMap { model in model.maps.map { "those of \(model.name) by \($0.words)" } }
    let scaled = own.filter { $0.maps?.areScaled == true }.map(\.name)
    let uncontrolled = own.filter { $0.maps?.hasControl == false }.map(\.name)
    return
      "\(names) \(own.count == 1 ? "was" : "were") not run by Heatdrift: answers, attacked images and class activation maps were "
      + "computed elsewhere, \(Values.list(sources)), and read from files whose sums stand in the provenance. What this section "
      + "says of inputs, attacks and explanations is, for \(own.count == 1 ? "this model" : "these models"), what was asked for and "
      + "not what was checked; heatmaps, measures and statistics were made here, as of the others."
      + (scaled.isEmpty
        ? ""
        : " The maps of \(Values.list(scaled)) were scaled to [0, 1] before they were written: their peaks tell nothing.")
      + (uncontrolled.isEmpty
        ? "" : " Of \(Values.list(uncontrolled)) no clean image was explained a second time: there is no control.")
  }
}

extension ModelRecord {
  /// How a section on the model begins.
  var introduction: String {
    let size = "\(inputSize) × \(inputSize) pixels"
    guard let maps else {
      return "\(name) has \(Numbers.grouped(parameterCount)) parameters and takes images of \(size)."
    }
    return
      "\(name) was not run by Heatdrift: its answers and maps were computed elsewhere, by \(maps.words). It takes images of \(size)."
  }
}

extension ReportData {
  /// For the captions of tables: whose numbers are made of maps that were computed elsewhere; empty where there are none.
  func mapsNote(_ shown: [SeriesSummary]) -> String {
    let keys = Set(shown.filter { $0.model.maps != nil }.map(\.model.key))
    guard !keys.isEmpty else { return "" }
    if results.models.allSatisfy({ keys.contains($0.key) }) { return " All maps were computed elsewhere." }
    let names = results.models.filter { keys.contains($0.key) }.map(\.name)
    return " The maps of \(Values.list(names)) were computed elsewhere."
  }
}
