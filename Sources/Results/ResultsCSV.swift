/// `results.csv`: a line per model, image, target, layer and epsilon, the control's included; RFC 4180, lines ended by a
/// line feed, numbers in the fewest digits that read back as the same number, and nothing for one that an older version did not store.
public enum ResultsCSV {
  public static let columns = [
    "model", "image", "label", "target", "layer", "epsilon", "clean_prediction", "adversarial_prediction", "ssim",
    "nissim",
    "clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence", "clean_class_confidence",
  ]

  public static func text(_ measurements: [Measurement]) -> String {
    var text = columns.joined(separator: ",") + "\n"
    for row in measurements {
      let fields = [
        field(row.model), field(row.image), "\(row.label)", row.target.rawValue, field(row.layer), "\(row.epsilon)",
        "\(row.cleanPrediction)", "\(row.adversarialPrediction)", "\(row.ssim)", "\(row.nissim)", "\(row.cleanPeak)",
        "\(row.adversarialPeak)", "\(row.cleanConfidence)", "\(row.adversarialConfidence)",
        row.cleanClassConfidence.map { "\($0)" } ?? "",
      ]
      text += fields.joined(separator: ",") + "\n"
    }
    return text
  }

  /// Quoted where RFC 4180 asks for it. A text that a spreadsheet would take for a formula, because it starts with
  /// = + - @ or a tab, gets an apostrophe before it.
  public static func field(_ text: String) -> String {
    var text = text
    if let first = text.first, "=+-@\t\r".contains(first) { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
