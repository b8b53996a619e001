import Explanations
import Measures
import Support

/// The mean difference of two heatmaps to a power: one more measure is this file and one line where it is registered.
struct MeanDifference: Measure {
  static let key = "mean-difference"
  static let title = "Mean difference"
  static let help = "The mean of |H - H'|^power."
  static let columns = ["mean_difference"]
  static let bounds: ClosedRange<Double>? = 0...1
  static let options: [DeclaredOption<MeanDifference>] = [
    DeclaredOption("power", \.power, .number(in: .closed(1, 4)), part: .always, help: "Of each difference.")
  ]

  var power = 1.0

  var definition: String { "Mean difference = mean |H − H′|" }
  var methods: String { "to the power of \(numberText(power))." }

  func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    Reference(clean: clean.heatmap.values, power: power)
  }

  private struct Reference: MeasureReference {
    let clean: [Float]
    let power: Double

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      let sum = zip(clean, attacked.heatmap.values).reduce(0.0) { sum, pair in
        let difference = abs(Double(pair.0) - Double(pair.1))
        return sum + (power == 1 ? difference : (0..<Int(power)).reduce(1.0) { product, _ in product * difference })
      }
      return [sum / Double(clean.count)]
    }
  }
}
