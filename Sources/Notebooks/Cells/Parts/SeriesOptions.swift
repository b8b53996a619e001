import Support

/// What a template calls a cell and says under it.
public struct CellLabels: Sendable, Hashable {
  /// For references and exported files; may hold `{{ }}` values.
  public var label: String?
  /// In place of the cell's own; may hold `{{ }}` values.
  public var caption: String?

  public init() {}
}

/// Which series of the experiment a cell shows, and at which attack levels.
public struct SeriesOptions: Sendable, Hashable {
  /// What a cell is repeated for when the template asks for it.
  public enum Turn: String, Sendable, Hashable, CaseIterable { case model, series }

  /// Stands for everything that the experiment has.
  public static let all = "all"
  /// Of layers: the deepest of each model.
  public static let last = "last"
  /// Of measures: the experiment's first.
  public static let first = "first"

  /// Of attack levels, where a cell shows one.
  public static let strongest = "strongest"

  /// What the template calls the cell and says under it.
  public var labels = CellLabels()
  /// Keys, or what stands for some.
  public var models = [all]
  /// Keys.
  public var attacks = [all]
  /// Keys.
  public var explanations = [all]
  /// Names.
  public var layers: [String]
  /// Raw values of `ExplanationTarget`.
  public var targets = [all]
  /// As numbers or as they are printed.
  public var epsilons = [all]
  /// One alone: what different measures say has no common axis.
  public var measure = first
  /// Nil leaves the repetition to the cell.
  public var forEach: Turn?

  /// Of cells that show one attack level.
  public var epsilon: String {
    get { epsilons == [Self.all] ? Self.strongest : epsilons.first ?? Self.strongest }
    set { epsilons = [newValue == Self.strongest ? Self.all : newValue] }
  }

  /// - Parameter layers: those that are shown where the template names none.
  public init(layers: [String] = [all]) { self.layers = layers }
}

extension DeclaredOption {
  /// `label` and `caption`, which every cell has.
  public static func labels(
    label: any WritableKeyPath<Owner, String?> & Sendable, caption: any WritableKeyPath<Owner, String?> & Sendable
  ) -> [DeclaredOption] {
    [
      DeclaredOption(
        "label", label, OptionKind.text.optional(), help: "Name for references (`@fig-curve`) and for exported files."),
      DeclaredOption(
        "caption", caption, OptionKind.text.optional(), standard: "the cell's own",
        help: "Printed with the figure or table; may hold `{{ }}` values."),
    ]
  }
}

extension DeclaredOption where Owner: SeriesCell {
  /// Everything that `SeriesOptions` holds but `forEach`.
  public static var series: [DeclaredOption] {
    labels(label: \.shown.labels.label, caption: \.shown.labels.caption) + [
      DeclaredOption(
        "models", \.shown.models, .words,
        help:
          "`all`, keys of models, or `highest-mod` or `lowest-mod`: the one of the ranked that drifts most or least at "
          + "the strongest attack; the first where none is ranked."),
      DeclaredOption("attacks", \.shown.attacks, .words, help: "`all`, `first`, or names of the experiment's attacks."),
      DeclaredOption(
        "explanations", \.shown.explanations, .words, help: "`all`, `first`, or names of the experiment's explanations."
      ),
      DeclaredOption("layers", \.shown.layers, .words, help: "`all`, `last` (of each model), or names of layers."),
      DeclaredOption(
        "targets", \.shown.targets, .words, help: "`all`, or of `predicted`, `label`, `clean-prediction`."),
      DeclaredOption("epsilons", \.shown.epsilons, .words, help: "`all`, or attack levels."),
      DeclaredOption(
        "measure", \.shown.measure, .word,
        help: "`first`, or the name of one of the measures; one alone, since they have no common axis."),
    ]
  }

  /// The same for a cell that shows one attack level.
  public static var seriesAtOneLevel: [DeclaredOption] {
    series.filter { $0.name != "epsilons" } + [
      DeclaredOption(
        "epsilon", \.shown.epsilon, .word, standard: SeriesOptions.strongest,
        help: "`strongest`, or one of the attack levels.")
    ]
  }

  /// Of cells that may be repeated.
  public static var forEach: DeclaredOption {
    DeclaredOption(
      "for-each", \.shown.forEach, OptionKind.choice.optional(), standard: "once for all",
      help: "Repeats the cell; each label gets the model's key at its end.")
  }
}

extension OptionKind<String> {
  /// A text that the results give a meaning.
  static var word: OptionKind {
    OptionKind(
      words: "a word", read: { value, name, _ throws(Problem) in try value.text(name) }, written: { scalar($0) })
  }
}

extension OptionKind<[String]> {
  /// Words that the results give a meaning; one alone needs no brackets.
  static var words: OptionKind {
    OptionKind(
      words: "a word or a list of words",
      read: { value, name, _ throws(Problem) in
        var words: [String] = []
        for item in try value.listOrOne(name) { words.append(try item.text(name)) }
        return words
      }, written: { $0.count == 1 ? scalar($0[0]) : "[\($0.map { scalar($0) }.joined(separator: ", "))]" })
  }
}
