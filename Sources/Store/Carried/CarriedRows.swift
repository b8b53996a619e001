import Foundation
import Measures
import Results
import Support

extension CarriedReport {
  /// The rows of `results.csv`, in their order.
  /// - Throws: `Problem` where the report carries none, or the table is damaged or of another experiment.
  package func rows() throws(Problem) -> [Results.Measurement] {
    let path = "\(report), \(ResultsTable.name)"
    guard let table else {
      throw .usage(
        at: Place(file: report), "the report carries means.csv in place of its rows",
        remedy: "`heatdrift verify` with the output folder computes them again.")
    }
    var places: [String: Int]?
    let reader = RowReader(self)
    var rows: [Results.Measurement] = []
    let csv = try CSV(bytes: table, path: path)
    try csv.forEachRecord { (record) throws(Problem) in
      guard let known = places else {
        places = Dictionary(
          record.fields.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return
      }
      rows.append(try reader.row(record, known, csv.place(record.line)))
    }
    guard !rows.isEmpty else { throw .failure(at: Place(file: path), "the table has no rows") }
    return rows
  }
}

/// Reads a line of a table of ours again.
private struct RowReader {
  let measures: [any Measure]
  let models: Set<String>
  let classCounts: [String: Int]
  let images: Set<String>
  let report: String

  init(_ report: CarriedReport) {
    measures = report.experiment.compare.measures
    models = Set(report.models.map(\.key))
    classCounts = Dictionary(
      report.models.map { ($0.key, $0.classCount) }, uniquingKeysWith: { first, _ in first })
    images = Set(report.images.map(\.path))
    self.report = report.report
  }

  func row(_ record: CSV.Record, _ places: [String: Int], _ place: Place) throws(Problem) -> Results.Measurement {
    func text(_ name: String) throws(Problem) -> String {
      guard let index = places[name], record.fields.indices.contains(index) else {
        throw damaged(place, "there is no column \(name)")
      }
      let field = record.fields[index]
      // As `ResultsCSV.field` writes what a spreadsheet would take for a formula.
      return field.hasPrefix("'") && field.dropFirst().first.map { "=+-@\t\r".contains($0) } == true
        ? String(field.dropFirst()) : field
    }
    func number<Number: LosslessStringConvertible>(_ name: String, _ type: Number.Type) throws(Problem) -> Number {
      guard let number = Number(try text(name)) else { throw damaged(place, "\(name) is no number") }
      return number
    }
    func optional(_ name: String) throws(Problem) -> Double? {
      try text(name).isEmpty ? nil : try number(name, Double.self)
    }
    let (model, image) = (try text("model"), try text("image"))
    guard models.contains(model), images.contains(image) else {
      throw damaged(place, "\(printable(model)) on \(printable(image)) is not in provenance.json")
    }
    guard let target = ExplanationTarget(rawValue: try text("target")) else { throw damaged(place, "target is none") }
    var row = Results.Measurement(
      model: model, image: image, label: try number("label", Int.self), attack: try text("attack"),
      explanation: try text("explanation"), target: target, layer: try text("layer"),
      epsilon: try number("epsilon", Double.self), cleanPrediction: try number("clean_prediction", Int.self),
      adversarialPrediction: try number("adversarial_prediction", Int.self),
      cleanConfidence: try number("clean_confidence", Double.self),
      adversarialConfidence: try number("adversarial_confidence", Double.self), dissimilarities: [], parts: [],
      cleanPeak: try number("clean_peak", Float.self), adversarialPeak: try number("adversarial_peak", Float.self),
      cleanClassConfidence: try optional("clean_class_confidence"))
    row.setValues(
      try measures.map { (measure) throws(Problem) in
        try type(of: measure).columns.map { (name) throws(Problem) in try optional(name) ?? .nan }
      })
    let classes = 0..<max(0, min(classCounts[model] ?? 0, 1 << 24))
    guard (0..<1 << 24).contains(row.label), classes.contains(row.cleanPrediction),
      classes.contains(row.adversarialPrediction), row.epsilon >= 0, row.epsilon <= 1
    else { throw damaged(place, "a class or a level is out of its range") }
    return row
  }

  private func damaged(_ place: Place, _ what: String) -> Problem {
    .failure(
      at: place, "the table is not one of the report's experiment: \(what)",
      remedy: "Somebody changed it; get the report again from whom it came.")
  }
}
