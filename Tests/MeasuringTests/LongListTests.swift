import Foundation
import Results
import Testing

@testable import Store

@Suite struct LongListTests {
  private struct Document: Codable {
    var after = "\"images\":[] is not meant"
    var images: [ImageRecord]
    var models = [1]
  }

  /// Bytes as `JSONEncoder` writes the whole at once.
  @Test(arguments: [0, 1, 999, 1000, 1001, 2500]) func itIsWhatTheEncoderWrites(count: Int) throws {
    let images = (0..<count).map {
      ImageRecord(
        path: "s\($0)/a\nb\"c\".png", label: $0, sha256: "00", alignment: $0 % 3 == 0 ? "box" : nil,
        orientation: $0 % 5 == 0 ? 6 : nil)
    }
    for isPretty in [true, false] {
      let encoder = JSONEncoder()
      encoder.outputFormatting =
        isPretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
      let whole = try encoder.encode(Document(images: images))
      let parts = try LongList<ImageRecord>.encode(
        Document(images: []), with: LongList(images, isPretty: isPretty).bytes(), as: "images", isPretty: isPretty)
      #expect(parts == Array(whole))
    }
  }
}
