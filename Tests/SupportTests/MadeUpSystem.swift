import Foundation

/// A made-up `/proc` and `/sys`, gone afterwards.
final class MadeUpSystem {
  let root = FileManager.default.temporaryDirectory.appending(path: "heatdrift-system-\(UUID().uuidString)").path

  init(_ files: [String: String]) throws {
    for (path, text) in files {
      let url = URL(filePath: root + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }
}
