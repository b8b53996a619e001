import Explanations
import Figures
import Measures
import Results
import Support

/// Every value that prose can name in `{{ }}`.
enum Values {
  static let all: [ValueDefinition] = experiment + ranges + comparison + model

  static func define(
    _ name: String, _ help: String, parameters: [String] = [],
    _ evaluate: @escaping @Sendable (ReportData, Scope, [String]) throws -> Value
  ) -> ValueDefinition {
    ValueDefinition(name: name, parameters: parameters, help: help, evaluate: evaluate)
  }

  // MARK: - The experiment

  private static let experiment: [ValueDefinition] = [
    define("title", "The experiment's title.") { data, _, _ in .text(data.results.title) },
    define("seed", "The experiment's seed.") { data, _, _ in .text(String(data.results.seed)) },
    define("images.count", "Images that were measured.") { data, _, _ in
      .count(data.results.measuredImageCount)
    },
    define("images.skipped", "Images that could not be measured.") { data, _, _ in .count(data.results.skipped.count) },
    define("classes.count", "Different labels among the measured images.") { data, _, _ in
      .count(data.results.measuredLabelCount)
    },
    define("labels.classes", "For conditions: 1 where labels are the networks' classes, 0 where they are unrelated.") {
      data, _, _ in .count(data.results.labels == .classes ? 1 : 0)
    },
    define("labels.list", "“40 classes”; “40 labels” where these are not the networks' classes.") { data, _, _ in
      let (count, isClass) = (data.results.measuredLabelCount, data.results.labels == .classes)
      let noun = count == 1 ? (isClass ? "class" : "label") : (isClass ? "classes" : "labels")
      return .text("\(ValueEvaluator.word(count)) \(noun)")
    },
    define(
      "labels.sentence",
      "That labels are not the networks' classes, and what a prediction is held against then; empty where they are."
    ) { data, _, _ in .text(data.results.labels.words.notice) },
    define("warnings.count", "Warnings of the run; `{% warnings %}` prints them.") { data, _, _ in
      .count(data.results.warnings.count)
    },
    define("models.count", "Models.") { data, _, _ in .count(data.results.models.count) },
    define("models.several", "For conditions: how many models there are to compare, 0 when there is only one.") {
      data, _, _ in .count(data.mains.count > 1 ? data.mains.count : 0)
    },
    define("models.list", "The models' names.") { data, _, _ in .text(list(data.results.models.map(\.name))) },
    define("layers.several", "For conditions: how many layers the model, or any model, was explained at; 0 for one.") {
      data, scope, _ in
      let models = scope.model.map { [$0] } ?? data.results.models
      let most = models.map { model in Set(data.summaries.filter { $0.model.key == model.key }.map(\.layer)).count }
        .max()
      return .count(most.flatMap { $0 > 1 ? $0 : nil } ?? 0)
    },
    define(
      "scores.count", "For conditions: rows with stored logits; 0 in results of a version that did not store them."
    ) {
      data, _, _ in .count(data.results.scoredRowCount())
    },
    define("series.count", "Models times attacks, explanations, layers, targets and measures.") { data, _, _ in
      .count(data.summaries.count)
    },
    define("epsilons.count", "Attack levels, without the control.") { data, _, _ in
      .count(data.results.epsilons.count)
    },
    define("epsilons.list", "The attack levels.") { data, _, _ in
      .text(list(data.results.epsilons.map(data.printed)))
    },
    define("epsilons.weakest", "The smallest attack level.") { data, _, _ in
      .text(data.results.epsilons.first.map(data.printed) ?? "–")
    },
    define("epsilons.strongest", "The greatest attack level.") { data, _, _ in
      .text(data.results.epsilons.last.map(data.printed) ?? "–")
    },
    define("targets.list", "The explained classes: predicted, label, clean-prediction.") { data, _, _ in
      .text(list(data.results.targets.map(\.rawValue)))
    },
    define("dead.count", "Dead maps among all that were made, each counted once.") { data, _, _ in
      .count(data.results.deadMapCount)
    },
    define("ranked.count", "Models that have a place in an order of drift.") { data, _, _ in
      .count(data.ranking.ranked.count)
    },
    define("ranked.several", "For conditions: how many models are ranked against each other, 0 when there are not two.")
    {
      data, _, _ in
      let count = data.ranking.ranked.count
      return .count(count > 1 ? count : 0)
    },
    define("ranked.models", "“five models”; “the four of five models that can be ranked” where that is not all.") {
      data, _, _ in
      let (ranked, all) = (data.ranking.ranked.count, data.mains.count)
      let models = all == 1 ? "model" : "models"
      return .text(
        ranked == all
          ? "\(ValueEvaluator.word(all)) \(models)"
          : "the \(ValueEvaluator.word(ranked)) of \(ValueEvaluator.word(all)) \(models) that can be ranked")
    },
    define("ranked.model", "After “every”: “model”, or “ranked model” where not every model is ranked.") { data, _, _ in
      .text(data.ranking.unranked.isEmpty ? "model" : "ranked model")
    },
    define(
      "unranked.count",
      "Models that have none, since in more than a tenth of their pairs a map is dead or the attack changed nothing."
    ) { data, _, _ in .count(data.ranking.unranked.count) },
    define("unranked.reasons", "A sentence for each of them, which says why.") { data, _, _ in
      .text(data.ranking.reasons(data.naming.levels, label: \.model.name).joined(separator: " "))
    },
    define(
      "extremes.sentence",
      "Which ranked model drifts most and which least at the strongest attack, where that is more than chance, or why it "
        + "cannot be said."
    ) { data, _, _ in .text(data.extremes) },
    define(
      "noise.sentence",
      "What noise of the same size does beside the attack, and in which models the attack does more, by more than chance; empty "
        + "where no noise was measured."
    ) { data, _, _ in .text(NoiseWords(data).sentence) },
    define(
      "relative.sentence",
      "Between which relative drifts the ranked models lie at the strongest attack; empty where it is not known of every model."
    ) { data, _, _ in .text(data.relativeDrifts) },
    define(
      "shift.sentence",
      "Where to the models’ heatmaps move at the strongest attack, and whether consistently: by R, its p and, across models, the "
        + "cosine of their mean shifts."
    ) { data, _, _ in .text(try ShiftWords(data).sentence) },
    define("attacks.list", "The attacks as they are called.") { data, _, _ in
      .text(list(data.results.attacks.map(\.title)))
    },
    define(
      "attacks.words",
      "The attacks as they are called, and whether they stand beside noise of the same size, which they are held against."
    ) {
      data, _, _ in
      let attacks = data.results.attacks
      let attacked = attacks.filter { !data.results.isBaseline($0.key) }
      guard !attacked.isEmpty else { return .text(list(attacks.map(\.title))) }
      let rest = attacked.count < attacks.count ? ", beside noise of the same size" : ""
      return .text(list(attacked.map(\.title)) + rest)
    },
    define(
      "attacks.introduced",
      "The attacks, what their letters stand for behind each; noise of the same size, which they are held against, last."
    ) { data, _, _ in
      let attacks = data.results.attacks
      let attacked = attacks.filter { !data.results.isBaseline($0.key) }
      var introductions = Introductions(cites: false)
      let named = (attacked.isEmpty ? attacks : attacked).map { $0.introduced(&introductions) }
      let rest =
        attacked.isEmpty || attacked.count == attacks.count ? "" : " and, for comparison, noise of the same size"
      return .text(list(named) + rest)
    },
    define("explanations.introduced", "The explanations, what their letters stand for behind each.") { data, _, _ in
      .text(list(data.results.explanations.map { introduced(type(of: $0).title, type(of: $0).expansion) }))
    },
    define("measures.introduced", "The measures, what their letters stand for behind each.") { data, _, _ in
      .text(list(data.results.measures.map { introduced(type(of: $0).title, type(of: $0).expansion) }))
    },
    define("explanations.list", "The explanations as they are called.") { data, _, _ in
      .text(list(data.results.explanations.map { type(of: $0).title }))
    },
    define("measures.list", "The measures as they are called.") { data, _, _ in
      .text(list(data.results.measures.map { type(of: $0).title }))
    },
    define("attacks.several", "For conditions: how many attacks there are, 0 for one.") { data, _, _ in
      .count(data.results.attacks.count > 1 ? data.results.attacks.count : 0)
    },
    define("explanations.several", "For conditions: how many explanations there are, 0 for one.") { data, _, _ in
      .count(data.results.explanations.count > 1 ? data.results.explanations.count : 0)
    },
    define("measures.several", "For conditions: how many measures there are, 0 for one.") { data, _, _ in
      .count(data.results.measures.count > 1 ? data.results.measures.count : 0)
    },
    define(
      "noise.count",
      "For conditions: attacks of the experiment that are noise of the same size, which others are held to."
    ) {
      data, _, _ in
      .count(Set(data.summaries.map(\.attack)).count(where: data.results.isBaseline))
    },
    define(
      "transfers.count", "For conditions: attacks of the experiment that take their gradient from another model."
    ) { data, _, _ in .count(data.results.attacks.count { $0.source != nil }) },
    define(
      "ways.several",
      "For conditions: measures times explanations, the ways of measuring a drift; 0 for one."
    ) { data, _, _ in
      let count = data.results.measures.count * data.results.explanations.count
      return .count(count > 1 ? count : 0)
    },
    define("unrelated.count", "For conditions: models of which it is known how far apart unrelated maps lie.") {
      data, _, _ in
      .count(data.mains.count { data.results.unrelatedMean(of: $0) != nil })
    },
    define(
      "training.sentence",
      "Which networks are narrower than the published ones, and how they were trained, as far as the experiment says it."
    ) { data, _, _ in
      .text(TrainingWords(data.results.models).sentence)
    },
    define(
      "training.note", "The same without who was trained how: that networks were not trained alike, where it is so."
    ) { data, _, _ in .text(TrainingWords(data.results.models).note) },
    define(
      "training.list",
      "A sentence on who was trained how, as far as the experiment says it; empty where it says nothing."
    ) { data, _, _ in
      let list = TrainingWords(data.results.models).list
      return .text(list.isEmpty ? "" : "How the networks were trained: \(list).")
    },
    define(
      "mains.definitions",
      "What attention, attack, drift, MOD and VID are in the text, letters spelled out."
    ) { data, _, _ in .text(data.definitions) },
    define(
      "mains.comparisons",
      "Which other attacks, explanations and measures were measured; empty where there are none."
    ) { data, _, _ in .text(data.comparisons) },
    define(
      "mains.explained",
      "What the numbers of the text are of: explained class and layers, with attack, explanation and measure where there are "
        + "several."
    ) { data, _, _ in .text(data.explained) },
    define(
      "mains.sentence",
      "What the numbers of the text are of, in a sentence: attack, explanation and measure where there are several, the explained "
        + "class, and the layer, or that it is each network’s deepest."
    ) { data, _, _ in .text(data.basis) },
    define("mains.place", "Of these, the explained class and layers alone.") { data, _, _ in .text(data.explainedPlace)
    },
    define("mains.attack", "Their attack: the first, noise where there is no other.") { data, _, _ in
      .text(data.mains.first.map { data.results.attackTitle($0.attack) } ?? "no attack")
    },
    define("mains.explanation", "Their explanation, the first.") { data, _, _ in
      .text(data.mains.first.map { data.results.explanationTitle($0.explanation) } ?? "no explanation")
    },
    define("mods.list", "MOD of every model at the strongest attack, ranked or not: “0.132 of VGG16 and ...”.") {
      data, _, _ in
      .text(list(data.mains.map { "\(Numbers.fixed($0.levels.last?.mod.value ?? .nan, 3)) of \($0.model.name)" }))
    },
    define("control.greatest", "The greatest drift of the control in any series, which must be 0.") { data, _, _ in
      .text(data.greatestControl.map { Numbers.significant($0, 3) } ?? "–")
    },
    define("measurements.count", "Rows of the results, the control's among them.") { data, _, _ in
      .count(data.results.rowCount)
    },
    define("runs.several", "For conditions: how many runs stand side by side, 0 in a report of one.") { data, _, _ in
      .count(RunWords(data).several)
    },
    define("runs.list", "The names of the runs that stand side by side.") { data, _, _ in .text(RunWords(data).list) },
    define(
      "runs.sentence",
      "Which runs stand side by side, and over how many images; empty in a report of one run."
    ) { data, _, _ in .text(RunWords(data).sentence) },
    define("option", "An option of the experiment as it was used.", parameters: ["KEY"]) { data, _, arguments in
      guard let key = arguments.first else {
        throw Problem.usage("`option` needs a key", remedy: "Write `option seed`.")
      }
      guard let option = data.results.options.first(where: { $0.key == key }) else {
        throw Problem.usage(
          "the experiment has no option `\(key)`", remedy: suggestion(for: key, among: data.results.options.map(\.key)))
      }
      return .text(option.value)
    },
  ]

  private static func introduced(_ title: String, _ expansion: String?) -> String {
    title + (expansion.map { " (\($0))" } ?? "")
  }

  // MARK: - Models against each other

  /// The main series that have a place in an order of drift, by a quantity, lowest first; ties keep the experiment's
  /// order. Empty where none has.
  /// - Throws: `Problem` where nothing was measured.
  private static func ranked(
    _ data: ReportData, _ quantity: (SeriesSummary) -> Double?
  ) throws(Problem) -> [SeriesSummary] {
    _ = try some(data.mains.first)
    let ranked = Set(data.ranking.ranked.map(\.model.key))
    return data.mains.filter { ranked.contains($0.model.key) }.enumerated()
      .compactMap { entry in quantity(entry.element).flatMap { $0.isFinite ? (entry.offset, entry.element, $0) : nil } }
      .sorted { ($0.2, $0.0) < ($1.2, $1.0) }
      .map(\.1)
  }

  static func some(_ summary: SeriesSummary?) throws(Problem) -> SeriesSummary {
    guard let summary else {
      throw Problem.failure("there are no measurements to compare", remedy: "Run the experiment on at least one image.")
    }
    return summary
  }

  private static func extremes(
    _ name: String, _ help: String, decimals: Int = 3, _ quantity: @escaping @Sendable (SeriesSummary) -> Double?
  ) -> [ValueDefinition] {
    [("highest", true), ("lowest", false)].flatMap { word, isHighest in
      [
        define(
          "\(word)-\(name).model", "The ranked model with the \(word) \(help); “no model” where none is ranked."
        ) { data, _, _ in
          let order = try ranked(data, quantity)
          return .text((isHighest ? order.last : order.first)?.model.name ?? "no model")
        },
        define("\(word)-\(name).value", "The \(word) \(help) of a ranked model.") { data, _, _ in
          let order = try ranked(data, quantity)
          return .number((isHighest ? order.last : order.first).flatMap(quantity) ?? .nan, decimals: decimals)
        },
      ]
    }
  }

  private static let comparison: [ValueDefinition] =
    extremes("mod", "MOD at the strongest attack") { $0.levels.last?.mod.value }
    + extremes("weakest-mod", "MOD at the weakest attack") { $0.levels.first?.mod.value }
    + extremes("vid", "VID") { $0.vid.value }
    + extremes("clean-accuracy", "accuracy on clean images") { $0.cleanAccuracy.value }
    + extremes("attacked-accuracy", "accuracy at the strongest attack") { $0.levels.last?.accuracy.value }
    + extremes("held", "share of predictions that held at the strongest attack") { $0.levels.last?.heldShare }
    + [
      define("held.sentence", "How many predictions held at the strongest attack, between which ranked models.") {
        data, _, _ in
        let found = try ranked(data) { $0.levels.last?.heldShare }.compactMap { one in
          one.levels.last.map { level in
            let all = Numbers.grouped(level.flipped.total)
            return (
              share: "\(Numbers.grouped(level.heldCount)) of \(all) (\(Numbers.percent(level.heldShare)))",
              name: one.model.name,
              count: level.heldCount
            )
          }
        }
        guard let least = found.first, let most = found.last else { return .text("") }
        let shares =
          most.count == 0
          ? "no prediction holds"
          : "\(range([(least.share, least.name), (most.share, most.name)], separately: "; ")) predictions hold"
        return .text("At the strongest attack \(shares).")
      },
      define("weakest.sentence", "MOD at the weakest attack; nothing where there is one attack level.") { data, _, _ in
        guard data.results.epsilons.count > 1, let weakest = data.results.epsilons.first else { return .text("") }
        let found = try ranked(data) { $0.levels.first?.mod.value }.map { one in
          (name: one.model.name, mod: Numbers.fixed(one.levels.first?.mod.value ?? .nan, 3))
        }
        guard let least = found.first, let most = found.last else { return .text("") }
        return .text(
          "At the weakest, ε\u{A0}=\u{A0}\(data.printed(weakest)), MOD "
            + (least.mod == most.mod
              ? "is \(most.mod)." : "lies between \(least.mod) (\(least.name)) and \(most.mod) (\(most.name))."))
      },
    ]

  /// Nothing where it is not known, so that a condition on it fails.
  static func known(_ value: Double?, decimals: Int) -> Value {
    guard let value, value.isFinite else { return .text("") }
    return .number(value, decimals: decimals)
  }

  /// "a, b and c".
  static func list(_ items: [String]) -> String {
    items.isEmpty ? "–" : listInWords(items)
  }
}
