import Explanations
import Figures
import Images
import Results
import Support
import Typesetting

extension CellDefinition {
  static let modCurve = CellDefinition(
    name: "mod-curve", help: "MOD and accuracy against the attack level, with 95% intervals.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "axis", .choice(EpsilonAxis.Spacing.allCases.map(\.rawValue)), standard: "log", "Spacing of the attack levels."),
      CellOptionDefinition("accuracy", .flag, standard: "true", "Whether the accuracy is shown beside MOD."),
    ],
    product: .figure, isPerSeries: false,
    caption: { context in
      let selection = try context.selection(layers: "last")
      let parts = context.options.flags["accuracy"] == false ? "MOD" : "MOD (left) and accuracy (right)"
      return
        "\(parts) against the attack level ε, over \(selection.images). "
        + "Bands: 95% bootstrap intervals over images. At ε = 0 stands the control: MOD of the clean images, which must "
        + "be 0, and their accuracy."
    },
    make: { context in
      let selection = try context.selection(layers: "last")
      let plot = ResultFigures.curves(
        selection.summaries, epsilons: selection.epsilons, naming: context.data.naming,
        spacing: context.options.texts["axis"].flatMap(EpsilonAxis.Spacing.init(rawValue:)) ?? .log,
        showsAccuracy: context.options.flags["accuracy"] ?? true, width: context.width)
      let ends = selection.summaries.map { summary in
        "\(context.data.naming.label(summary)) \(Numbers.fixed(summary.levels.last?.mod.value ?? .nan, 3))"
      }
      return [
        .figure(
          plot.frame(measurer: context.measurer, style: context.style),
          alternative: "Curves of MOD against the attack level. At the strongest attack: "
            + ends.joined(separator: ", ") + ".")
      ]
    })

  static let dissimilarityHistogram = CellDefinition(
    name: "dissimilarity-histogram", help: "Histograms of NISSIM, models by attack levels, on shared axes.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 },
    product: .figure, isPerSeries: false,
    caption: { context in
      let selection = try context.selection(layers: "last")
      let values = selection.summaries.flatMap { $0.levels.flatMap(\.dissimilarities) }
      let dead = selection.summaries.flatMap { $0.levels.map(\.deadCount) }.reduce(0, +)
      let deadText =
        dead == 0
        ? "No pair has a dead map." : "Pairs with a dead (all-zero) map are counted in red and keep their value."
      return
        "NISSIM of the clean and the attacked heatmap, one count per image; all panels share both axes and bins of "
        + "\(Numbers.significant(Histogram.bins(for: values).width, 3)). Black line and number: the mean, MOD. \(deadText)"
    },
    make: { context in
      let selection = try context.selection(layers: "last")
      let shared = context.data.summaries.filter { summary in
        selection.summaries.contains { $0.layer == summary.layer && $0.target == summary.target }
          || context.scope.model != nil
      }
      // Rows that a page can hold; the rest goes on in a next part.
      let rowHeight = 66.0
      let capacity = max(1, Int((context.maximumHeight - 40) / rowHeight))
      return selection.summaries.parts(ofAtMost: capacity).map { part in
        let grid = ResultFigures.histograms(
          part, sharedWith: shared, epsilons: selection.epsilons, naming: context.data.naming, width: context.width)
        let means = part.map { summary in
          context.data.naming.label(summary) + ": "
            + summary.levels.filter { selection.epsilons.contains($0.epsilon) }
            .map { "\(Numbers.fixed($0.mod.value, 3)) at \(Numbers.epsilon($0.epsilon))" }.joined(separator: ", ")
        }
        return .figure(
          grid.frame(measurer: context.measurer, style: context.style),
          alternative: "Histograms of NISSIM. Means: " + means.joined(separator: "; ") + ".")
      }
    })
}
