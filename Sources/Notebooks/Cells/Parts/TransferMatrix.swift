import Attacks
import Figures
import Results
import Support

/// Attacks that take the gradient of a model, by whose gradient it is and who is attacked.
struct TransferMatrix {
  /// An attack of one model.
  struct Entry {
    var series: SeriesSummary
    var level: LevelSummary
    /// Whether the gradient is the attacked model's own.
    var isOwn: Bool
  }

  /// A line: an attack, and whose gradient it takes; nil for each model's own.
  private struct Line {
    var setting: AttackSetting
    var source: TransferSource?
  }

  let epsilon: Double
  private let lines: [Line]
  /// A model at a layer each.
  private let victims: [SeriesSummary]
  /// By line and victim; nil where there is none at the level.
  private(set) var cells: [[Entry?]]
  private let words: MatrixWords
  private let data: ReportData

  /// - Throws: `Problem` where no attack takes another model's gradient.
  init(_ selection: Selection, _ data: ReportData) throws(Problem) {
    self.data = data
    let shown = selection.summaries
    let settings = data.results.attacks.filter { setting in shown.contains { $0.attack == setting.key } }
    let transfers = settings.filter { $0.source != nil }
    guard !transfers.isEmpty else {
      throw .failure(
        "no attack takes the gradient of another model",
        remedy:
          "List one for each source under `attacks` of the experiment file, as `{method: \(standardAttack.key), epsilons: "
          + "[...], transfer-from: MODEL}`, and run it again.")
    }
    let victims = MatrixWords.models(of: shown)
    // Where each model is a source too, its own gradient stands on the diagonal already.
    let methods = transfers.map(\.method).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    lines = methods.flatMap { method -> [Line] in
      let own = transfers.filter { $0.method == method }
      let hasOthers = victims.contains { victim in !own.contains { $0.source?.model == victim.model.key } }
      let plain = settings.filter { hasOthers && $0.source == nil && $0.method == method }
      return (plain + own).map { Line(setting: $0, source: $0.source) }
    }
    // The strongest that all attacks have.
    let levels = lines.map { Set($0.setting.levels) }
    let shared = selection.epsilons.filter { epsilon in levels.allSatisfy { $0.contains(epsilon) } }
    let any = selection.epsilons.filter { epsilon in levels.contains { $0.contains(epsilon) } }
    let chosen = shared.last ?? any.last ?? .nan
    epsilon = chosen
    cells = lines.map { line in
      victims.map { victim in
        var identity = victim.identity
        identity.attack = line.setting.key
        guard let series = shown.first(where: { $0.identity == identity }),
          let level = ReportData.level(series, chosen)
        else { return nil }
        return Entry(
          series: series, level: level, isOwn: line.source.map { $0.model == victim.model.key } ?? true)
      }
    }
    self.victims = victims
    words = MatrixWords(victims, data)
  }

  /// What all series have in common, as far as the experiment has several.
  var common: String { words.common(attack: false, explanation: true) }

  /// That the series are over.
  var images: String { MatrixWords.images(cells.joined().compactMap { $0?.series.imageCount }) }

  private var showsMethod: Bool { Set(lines.map(\.setting.method)).count > 1 }

  private func name(_ line: Line) -> String { line.source?.name ?? "its own" }

  // MARK: - Tables

  /// - Parameter cell: what is printed of an attack.
  func table(
    caption: String? = nil, alternative: String, csvRows: [[String]] = [], _ cell: (Entry) -> ResultTable.Cell
  ) -> ResultTable {
    let method = showsMethod ? [ResultTable.Column("attack", .left)] : []
    let rows = lines.indices.map { index -> [ResultTable.Cell] in
      let line = lines[index]
      return (showsMethod ? [ResultTable.Cell(type(of: line.setting.attack).title)] : [])
        + [ResultTable.Cell(name(line))]
        + cells[index].prefix(MatrixWords.most).map { entry in
          guard let entry else { return ResultTable.Cell("–") }
          var made = cell(entry)
          made.isMarked = entry.isOwn
          return made
        }
    }
    return ResultTable(
      caption: caption, alternative: alternative,
      columns: method + [ResultTable.Column("gradient of", .left)]
        + victims.prefix(MatrixWords.most).map { ResultTable.Column(words.label($0), group: "attention of") },
      rows: rows, csvHead: csvRows.isEmpty ? [] : csvHead, csvRows: csvRows)
  }

  private var csvHead: [String] {
    ["method", "source"] + data.columns().csvHead + ["epsilon", "images", "own_gradient"]
      + SeriesColumns.triple("mod") + SeriesColumns.triple("success_rate") + ["fooled", "clean_right", "dead_pairs"]
  }

  func csvRows(_ common: SeriesColumns) -> [[String]] {
    var rows: [[String]] = []
    for (line, entries) in zip(lines, cells) {
      for case let entry? in entries {
        let success = entry.level.success
        var row = [line.setting.method, line.source?.model ?? entry.series.model.key] + common.csv(entry.series)
        row += ["\(epsilon)", String(entry.series.imageCount), entry.isOwn ? "true" : "false"]
        row += SeriesColumns.triple(entry.level.mod) + SeriesColumns.triple(success)
        row += [String(success.count), String(success.total), String(entry.level.deadCount)]
        rows.append(row)
      }
    }
    return rows
  }

  // MARK: - In words

  var alternative: String { "MOD by whose gradient an attack takes. " + spoken { $0.mod.value } }

  var successAlternative: String { "Attack success by whose gradient an attack takes. " + spoken { $0.success.value } }

  private func spoken(_ number: (LevelSummary) -> Double) -> String {
    zip(lines, cells).map { line, entries -> String in
      let own = zip(victims, entries).map { victim, entry in
        "\(words.label(victim)) \(Numbers.fixed(entry.map { number($0.level) } ?? .nan, 3))"
      }
      let method = showsMethod ? "\(type(of: line.setting.attack).title), " : ""
      return "\(method)gradient of \(name(line)): \(own.joined(separator: ", "))"
    }.joined(separator: "; ") + "."
  }

  /// An attack by another model's gradient.
  private struct Foreign {
    var source: String
    var victim: Int
    var mod: Double
    /// In units of what the same attack does by the victim's own gradient; nil where that is not known.
    var share: Double?
  }

  private var foreign: [Foreign] {
    var found: [Foreign] = []
    for (line, entries) in zip(lines, cells) {
      let name = name(line) + (showsMethod ? " (\(type(of: line.setting.attack).title))" : "")
      for (victim, entry) in entries.enumerated() {
        guard let mod = entry?.level.mod.value, entry?.isOwn == false, mod.isFinite else { continue }
        let own = ownMOD(of: victim, line.setting.method)
        found.append(
          Foreign(source: name, victim: victim, mod: mod, share: own.flatMap { $0 > 0 ? mod / $0 : nil }))
      }
    }
    return found
  }

  /// Of the same attack by the victim's own gradient; nil where there is none at the level.
  private func ownMOD(of victim: Int, _ method: String) -> Double? {
    for (line, entries) in zip(lines, cells) where line.setting.method == method {
      if let entry = entries[victim], entry.isOwn { return entry.level.mod.value }
    }
    return nil
  }

  /// What the numbers come to, as sentences behind others.
  var sentences: String { MatrixWords.cut(victims.count, "attacked \(words.columns)") + outcome }

  private var outcome: String {
    let foreign = foreign
    guard let most = foreign.max(by: { $0.mod < $1.mod }), let least = foreign.min(by: { $0.mod < $1.mod }) else {
      return " Nobody is attacked by another’s gradient at this level."
    }
    func words(_ one: Foreign) -> String {
      "\(self.words.label(victims[one.victim])) by that of \(one.source) (\(Numbers.fixed(one.mod, 3)))"
    }
    var text =
      foreign.count == 1
      ? " Another’s gradient moves the attention of \(words(most))."
      : " Another’s gradient moves most the attention of \(words(most)), least that of \(words(least))."
    let shares = foreign.compactMap(\.share)
    if let low = shares.min(), let high = shares.max() {
      let range = Values.range(Numbers.percent(low, 0), to: Numbers.percent(high, 0))
      text += " It makes \(range) of the MOD that the attacked model’s own gradient makes."
    }
    return text
  }
}
