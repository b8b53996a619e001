import Foundation
import GRDB
import Results
import Support

/// A model on an image as versions 1 to 3 had it: one text, in the order network, preparation, image, label.
struct FormerSubject {
  let key: Data
  let subject: KeyMaker.Subject
  /// What of its environment the text says.
  let environment: String

  var hexadecimal: String { key.hexadecimal }

  /// - Returns: nil where the text is not what the key says, or has other parts.
  init?(key: Data, text: String) {
    guard ContentKey(text: text).bytes == key, let size = text.range(of: "\nsize="),
      let image = text.range(of: "\nimage="),
      let label = text.range(of: "\nlabel=", options: .backwards), size.lowerBound < image.lowerBound,
      image.lowerBound < label.lowerBound, let number = Int(text[label.upperBound...].dropLast())
    else { return nil }
    func part(_ from: String.Index, _ to: String.Index) -> String { text[from..<to] + "\n" }
    self.key = key
    subject = KeyMaker.Subject(
      network: part(text.startIndex, size.lowerBound),
      preparation: part(text.index(after: size.lowerBound), image.lowerBound),
      image: part(text.index(after: image.lowerBound), label.lowerBound), label: number)
    guard subject.text == text else { return nil }
    let kept = ["protocol", "arithmetic", "engine", "decoders"]
    environment =
      RowEnvironment(
        text: ContentKey.text(of: ContentKey.ingredients(of: text).filter { kept.contains($0.name) })
      ).text
  }

  static func hash(_ height: Int, _ width: Int, _ bytes: Data) -> Data {
    var hash = SHA256()
    hash.update(data: Data("\(height)x\(width)\n".utf8))
    hash.update(data: bytes)
    return Data(hash.finalize())
  }
}

/// A measurement as versions 1 to 3 had it.
struct FormerRow {
  let key: Data
  /// `name=value` lines; that of the control is empty.
  let explanation: String
  let attack: String
  let measure: String
  let target: ExplanationTarget
  let layer: String
  let epsilon: Double
  /// Of the clean image.
  let prediction: Int
  let confidence: Double
  let attackedPrediction: Int
  let attackedConfidence: Double
  /// A number for each of the columns that the one measure had.
  let values: [Double]
  let cleanPeak: Float
  let peak: Float

  /// Target and layer, attack and epsilon, as keys have them.
  let placeText: String
  let levelText: String

  /// - Parameters:
  ///   - settings: of explanation, attack and measure; nil in rows of version 1.
  ///   - subject: its key in hexadecimal digits.
  /// - Returns: nil where the row is not what its key says, or holds what no run makes.
  init?(_ row: Row, settings: String?, subject: String) throws {
    key = try row.decode(atIndex: 0)
    layer = try row.decode(atIndex: 2)
    epsilon = try row.decode(atIndex: 3)
    let window = try row.decode(String.self, atIndex: 4)
    prediction = try row.decode(atIndex: 5)
    attackedPrediction = try row.decode(atIndex: 6)
    confidence = try row.decode(atIndex: 7)
    attackedConfidence = try row.decode(atIndex: 8)
    values = [try row.decode(atIndex: 9), try row.decode(atIndex: 10)]
    let peaks = [try row.decode(Double.self, atIndex: 11), try row.decode(Double.self, atIndex: 12)]
    cleanPeak = Float(peaks[0])
    peak = Float(peaks[1])
    guard let target = ExplanationTarget(rawValue: try row.decode(String.self, atIndex: 1)),
      Int32(exactly: prediction) != nil, Int32(exactly: attackedPrediction) != nil, Double(cleanPeak) == peaks[0],
      Double(peak) == peaks[1]
    else { return nil }
    self.target = target
    let place = ContentKey.text(of: [("target", target.rawValue), ("layer", layer)])
    let (key, epsilon) = (key, epsilon)
    let parts = (settings.map { [FormerSettings($0)] } ?? FormerSettings.ofVersion1(epsilon: epsilon, window: window))
      .first {
        let text = "subject=\(subject)\n\($0.explanation)\(place)\($0.attack)epsilon=\(epsilon)\n\($0.measure)"
        return ContentKey(text: text).bytes == key
      }
    guard let parts else { return nil }
    (explanation, attack, measure) = (parts.explanation, parts.attack, parts.measure)
    placeText = place
    levelText = attack + "epsilon=\(epsilon)\n"
  }
}

/// The settings of a row, taken apart: an explanation's begin with its name, those of an attack with its, a measure's with its
/// or with `window`.
private struct FormerSettings {
  var explanation: String
  var attack: String
  var measure: String

  init(_ text: String) {
    let lines = text.split(separator: "\n").map { $0 + "\n" }
    let attack = lines.firstIndex { $0.hasPrefix("attack=") }
    let measure = lines.firstIndex { $0.hasPrefix("measure=") || $0.hasPrefix("window=") } ?? lines.endIndex
    let end = min(attack ?? measure, measure)
    explanation = lines[..<end].joined()
    self.attack = lines[end..<measure].joined()
    self.measure = lines[measure...].joined()
  }

  /// What there was to choose from when rows did not say it.
  static func ofVersion1(epsilon: Double, window: String) -> [FormerSettings] {
    let attacks =
      epsilon == 0
      ? [""]
      : ["label", "predicted"].flatMap { label in
        ["none", "8bit"].map { "attack=fgsm\nloss-label=\(label)\nquantise=\($0)\n" }
      }
    return attacks.map { FormerSettings("explain=grad-cam\n\($0)window=\(window)\n") }
  }
}

/// Rows that one computation can have given: the same clean image, level and map have the same numbers in all of them.
struct FormerPass {
  let prediction: Int
  let confidence: Double
  private var rows: [FormerRow] = []
  private var scores: [String: ClassScores] = [:]

  init(_ row: FormerRow) {
    prediction = row.prediction
    confidence = row.confidence
    rows = [row]
  }

  func takes(_ row: FormerRow) -> Bool {
    guard row.prediction == prediction, row.confidence.bitPattern == confidence.bitPattern else { return false }
    return rows.allSatisfy { own in
      let isSameLevel = own.levelText == row.levelText
      let isSameSeries = own.explanation == row.explanation && own.placeText == row.placeText
      if isSameLevel, own.attackedPrediction != row.attackedPrediction { return false }
      if isSameLevel, own.attackedConfidence.bitPattern != row.attackedConfidence.bitPattern { return false }
      if isSameSeries, own.cleanPeak.bitPattern != row.cleanPeak.bitPattern { return false }
      return !isSameLevel || !isSameSeries || own.peak.bitPattern == row.peak.bitPattern
    }
  }

  mutating func add(_ row: FormerRow) { rows.append(row) }

  /// - Returns: whether a row is of this level.
  mutating func setScores(_ scores: ClassScores, at levelText: String) -> Bool {
    guard rows.contains(where: { $0.levelText == levelText }) else { return false }
    self.scores[levelText] = scores
    return true
  }

  /// One row for each pair of maps, in an order that is the same for all images.
  var sorted: [FormerRow] {
    var seen: Set<[String]> = []
    return rows.sorted { first, second in
      (first.explanation, first.attack, first.epsilon, first.target.rawValue, first.layer, first.measure)
        < (second.explanation, second.attack, second.epsilon, second.target.rawValue, second.layer, second.measure)
    }.filter { seen.insert(FormerPass.pair($0)).inserted }
  }

  private static func pair(_ row: FormerRow) -> [String] { [row.explanation, row.placeText, row.levelText] }

  /// What every measure says of a row's pair of maps.
  func measures(of row: FormerRow) -> [(measure: String, values: [Double])] {
    rows.filter { FormerPass.pair($0) == FormerPass.pair(row) }.sorted { $0.measure < $1.measure }
      .map { ($0.measure, $0.values) }
  }

  func numbers(of row: FormerRow) -> PassNumbers.Level {
    PassNumbers.Level(
      prediction: row.attackedPrediction, confidence: row.attackedConfidence, scores: scores[row.levelText])
  }

  /// What the directions of its attacks depend on: all of an attack but the rounding behind it. Logits and directions were
  /// stored together.
  var directions: [(text: String, isScored: Bool)] {
    var found: [(text: String, isScored: Bool)] = []
    for attack in Set(rows.map(\.attack)).sorted() where !attack.isEmpty {
      let text = ContentKey.text(of: ContentKey.ingredients(of: attack).filter { $0.name != "quantise" })
      let isScored = rows.contains { $0.attack == attack && scores[$0.levelText] != nil }
      if let index = found.firstIndex(where: { $0.text == text }) {
        found[index].isScored = found[index].isScored || isScored
      } else {
        found.append((text, isScored))
      }
    }
    return found
  }
}
