import Figures
import Foundation
import Results
import Support

/// A part of the report in the order in which it is read, loops and conditions resolved.
enum PlannedPart: Sendable {
  case prose(String, line: Int, scope: Scope)
  case cell(PlannedCell)
  case pageBreak
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
  /// "Figure 3", "Table 1"; nil for cells of text and tables without a label or caption.
  var title: String?
}

/// Walks a template with the results at hand: what is printed, in which order, under which numbers.
///
/// Numbers are given before any cell is made, so that prose may refer to what comes later, and a failing cell
/// does not shift the numbers of the others.
struct ReportPlan {
  private(set) var parts: [PlannedPart] = []
  /// Label to "Figure 3".
  private(set) var titles: [String: String] = [:]
  /// The labels of headings, with the headings' text.
  private(set) var sections: [String: String] = [:]
  private let file: String
  private let data: ReportData
  private let values: ValueEvaluator
  private var figures = 0
  private var tables = 0

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
      case .pageBreak: parts.append(.pageBreak)
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
      guard full == full.lowercased(), ReportData.slug(full) == full else {
        throw .usage(
          at: place, "the label `\(full)` is not made of lower-case letters, digits and single hyphens",
          remedy: "Write `\(ReportData.slug(full))`.")
      }
      label = full
    }
    // The options that name what is not there fail once, not once for each turn.
    let turns = try turns(cell, keys, scope: scope)
    for turn in turns {
      let own = label.map { [$0, turn.suffix].compactMap { $0 }.joined(separator: "-") }
      if let own, titles[own] != nil {
        throw .usage(
          at: keys.keyPlace("label") ?? keys.place, "the label `\(own)` stands twice",
          remedy: "Give every cell a label of its own; inside a loop add `{{ model.key }}`.")
      }
      let title: String?
      switch type(of: cell).product {
      case .figure:
        figures += 1
        title = "Figure \(figures)"
      case .table:
        tables += 1
        title = "Table \(tables)"
      case .text: title = nil
      }
      if let own, let title { titles[own] = title }
      parts.append(
        .cell(PlannedCell(source: source, cell: cell, keys: keys, scope: turn.scope, label: own, title: title)))
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

extension Template {
  /// What is wrong with the template's cells that can be seen without results: unknown cells, options and values of
  /// options. A caller that checks first starts no long run for a report that cannot be made.
  public func check() -> [Problem] { Self.check(nodes, file: file) }

  private static func check(_ nodes: [TemplateNode], file: String) -> [Problem] {
    nodes.flatMap { node -> [Problem] in
      switch node {
      case .prose(let text, let line): return ProseTokens.check(text, firstLine: line, file: file)
      case .cell(let source):
        do throws(Problem) {
          _ = try source.read(file: file)
          return []
        } catch {
          return [error]
        }
      case .pageBreak, .warnings: return []
      case .loop(_, let body, _): return check(body, file: file)
      case .condition(let name, _, let then, let otherwise, let line):
        let own =
          Values.all.contains { $0.name == name }
          ? []
          : [
            Problem.usage(
              at: Place(file: file, line: line), "unknown value `\(name)`",
              remedy: suggestion(for: name, among: Values.all.map(\.name)))
          ]
        return own + check(then, file: file) + check(otherwise, file: file)
      }
    }
  }
}
