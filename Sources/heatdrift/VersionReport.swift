import BuildRecord
import CCrypto
import CMarkdown
import Datasets
import Engines
import Graphs
import Images
import Rendering
import Store
import Support

/// What `--version` prints: the program's own version on the first line, for scripts.
enum VersionReport {
  static var lines: [String] {
    ["heatdrift \(Heatdrift.version)", "commit \(BuildRecord.commit ?? "unknown")"]
      + libraries.map { "\($0.name) \($0.version)" }
  }

  /// As they are on this machine now, not as they were when the program was built.
  private static var libraries: [(name: String, version: String)] {
    let engines = EngineKind.allCases.map { engine in
      (try? engine.makeEngine().version) ?? "\(engine.name) is not installed"
    }
    let turned = engines.map { text -> (name: String, version: String) in
      let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
      return (parts[0], parts.count > 1 ? parts[1] : "")
    }
    return unsafe turned + Renderer.libraries + ImageDecoder.libraries + [
      ("SQLite", ResultsStore.sqliteVersion),
      ("cmark-gfm", cmark_version_string().map { unsafe String(cString: $0) } ?? "unknown"),
      unsafe ("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING).map { unsafe String(cString: $0) } ?? "unknown"),
      ("libarchive", ORLFetch.libarchiveVersion ?? "is not installed"),
    ]
  }
}
