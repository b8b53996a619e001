import Figures
import Foundation
import Results
import Support
import Typesetting

/// A part of the report in the order in which it is read, loops and conditions resolved.
enum PlannedPart: Sendable {
  case prose(String, line: Int, scope: Scope)
  case cell(PlannedCell)
  case pageBreak(PageBreak)
  case warnings
  /// Where something went wrong before there was a cell to make.
  case failure(Problem, title: String)
}

/// A cell at one of its turns.
struct PlannedCell: Sendable {
  var source: CellSource
  var cell: any Cell
  /// The options as they are written.
  var keys: MappingReader
  var scope: Scope
  /// Nil when the template gives none.
  var label: String?
  /// The label without what tells the turns of a repeated cell apart.
  var base: String?
}

/// Walks a template with the results at hand: what is printed, in which order, under which labels.
struct ReportPlan {
  private(set) var parts: [PlannedPart] = []
  /// Of cells, by the names of their files: those of two labels may be the same.
  private var labels: [String: String] = [:]
  private let file: String
  private let data: ReportData
  private let values: ValueEvaluator

  init(_ template: Template, _ data: ReportData) {
    file = template.file
    self.data = data
    values = ValueEvaluator(data: data)
    walk(template.nodes, scope: Scope())
  }

  private mutating func walk(_ nodes: [TemplateNode], scope: Scope) {
    for node in nodes {
      switch node {
      case .prose(let text, let line):
        parts.append(.prose(text, line: line, scope: scope))
      case .cell(let source):
        do throws(Problem) {
          try plan(source, scope: scope)
        } catch {
          parts.append(.failure(error, title: source.name))
        }
      case .pageBreak(let rule): parts.append(.pageBreak(rule))
      case .warnings: parts.append(.warnings)
      case .loop(.models, let body, _):
        for model in data.results.models { walk(body, scope: Scope(model: model)) }
      case .loop(.series, let body, _):
        let chosen = data.summaries.filter { scope.model == nil || scope.model?.key == $0.model.key }
        for series in chosen { walk(body, scope: Scope(model: series.model, series: series)) }
      case .condition(let name, let negated, let then, let otherwise, let line):
        do throws(Problem) {
          let holds = try values.holds(name, scope: scope, at: Place(file: file, line: line))
          walk(holds != negated ? then : otherwise, scope: scope)
        } catch {
          parts.append(.failure(error, title: "condition"))
        }
      }
    }
  }

  private mutating func plan(_ source: CellSource, scope: Scope) throws(Problem) {
    let (cell, keys) = try source.read(file: file)
    var label: String?
    if let text = cell.labels.label {
      let place = keys.keyPlace("label") ?? keys.place
      let full = try Self.substituted(text, values, scope: scope, at: place)
      try Label.check(full, at: place)
      label = full
    }
    // The options that name what is not there fail once, not once for each turn.
    let turns = try turns(cell, keys, scope: scope)
    for turn in turns {
      let own = label.map { [$0, turn.suffix].compactMap { $0 }.joined(separator: "-") }
      if let own {
        let place = keys.keyPlace("label") ?? keys.place
        let name = ReportData.slug(own)
        if let other = labels[name], other != own {
          throw .usage(
            at: place, "the files of the labels `\(own)` and `\(other)` would both be called \(name)",
            remedy: "Give one of them another label.")
        }
        guard labels.updateValue(own, forKey: name) == nil else { throw Label.twice(own, at: place) }
      }
      parts.append(
        .cell(PlannedCell(source: source, cell: cell, keys: keys, scope: turn.scope, label: own, base: label)))
    }
  }

  /// The turns in which a cell is made, at least one, with what each adds to the label.
  private func turns(
    _ cell: any Cell, _ keys: MappingReader, scope: Scope
  ) throws(Problem) -> [(scope: Scope, suffix: String?)] {
    guard let options = cell.series(isGiven: { keys.optional($0) != nil }),
      options.forEach != nil || cell.repetition != .once
    else { return [(scope, nil)] }
    let summaries = try Selection(options, keys: keys, data: data, scope: scope).summaries
    var turns: [(scope: Scope, suffix: String?)] = []
    switch (cell.repetition, options.forEach) {
    case (.layers, _): turns = groups(summaries, scope: scope, by: [.model, .attack, .explanation])
    case (.models, _): turns = groups(summaries, scope: scope, by: [.attack, .explanation])
    case (.methods, _): turns = groups(summaries, scope: scope, by: [.attack])
    case (.attacks, _): turns = groups(summaries, scope: scope, by: [.explanation])
    case (.series, _), (_, .series):
      let several = summaries.count > 1 || options.forEach != nil
      turns = summaries.map { (Scope(model: $0.model, series: $0), several ? data.slug($0) : nil) }
    case (_, .model):
      let keys = summaries.map(\.model.key)
      turns = data.results.models.filter { keys.contains($0.key) }
        .map { (Scope(model: $0, series: scope.series), ReportData.slug($0.key)) }
    case (.once, nil): break
    }
    return turns.isEmpty ? [(scope, nil)] : turns
  }

  /// What the series of one turn have in common beside the target.
  private enum Common { case model, attack, explanation }

  /// A turn for each target and whatever else its series have in common; the series of a loop gives up its layer.
  private func groups(
    _ summaries: [SeriesSummary], scope: Scope, by common: Set<Common>
  ) -> [(scope: Scope, suffix: String?)] {
    var turns: [(scope: Scope, suffix: String?)] = []
    for summary in summaries {
      var turn = Scope(model: common.contains(.model) ? summary.model : nil)
      if common.contains(.attack) { turn.attack = summary.attack }
      if common.contains(.explanation) { turn.explanation = summary.explanation }
      turn.target = summary.target
      let suffix = data.slug(of: turn)
      if !common.contains(.model) { turn.model = scope.model }
      if turns.contains(where: { $0.scope == turn }) { continue }
      turns.append((turn, suffix))
    }
    return turns.count == 1 ? turns.map { ($0.scope, nil) } : turns
  }

  /// Every `{{ }}` of a text replaced.
  static func substituted(
    _ text: String, _ values: ValueEvaluator, scope: Scope, at place: Place
  ) throws(Problem) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.range(of: "{{") {
      result += rest[..<open.lowerBound]
      rest = rest[open.upperBound...]
      guard let close = rest.range(of: "}}") else {
        throw .usage(at: place, "`{{` without `}}`", remedy: "Close the value: `{{ title }}`.")
      }
      result += try values.evaluate(String(rest[..<close.lowerBound]), scope: scope, at: place)
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}

extension CellSource {
  /// The cell that is meant, with the options that it was given.
  /// - Throws: `Problem` of kind `.usage` for a cell or option that there is not, or a value that an option cannot have.
  func read(file: String) throws(Problem) -> (cell: any Cell, keys: MappingReader) {
    guard let kind = cells[name] else {
      throw .usage(
        at: Place(file: file, line: line), "unknown cell `\(name)`", remedy: suggestion(for: name, among: cells.keys))
    }
    let keys = try TemplateOptions.read(
      yaml, file: file, firstLine: line + 1, what: "the cell `\(name)`", known: kind.optionNames)
    return (try kind.init(reading: keys, .literal), keys)
  }
}
