import Foundation
import Support
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a run tells the process that started it, a line of JSON at a time.
struct RunNews: Codable, Equatable {
  /// How far it is, in words.
  var progress: String?
  /// Why it ended.
  var problem: Problem?

  /// Where it is told; below 0 where nobody asked.
  private static let descriptor = Atomic<Int32>(-1)

  static var isAsked: Bool { descriptor.load(ordering: .relaxed) >= 0 }

  /// - Throws: `Problem` where the number is not that of a pipe that was handed over: a file must not be written into.
  static func tell(to number: Int32) throws(Problem) {
    var status = stat()
    guard number > STDERR_FILENO, unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      throw .usage(
        "--tells expects the number of a pipe, found \(number)", remedy: "Leave it out: `heatdrift watch` gives it.")
    }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    descriptor.store(number, ordering: .relaxed)
  }

  /// Whoever does not listen any more misses nothing that the terminal does not say.
  func tell() {
    let number = Self.descriptor.load(ordering: .relaxed)
    guard number >= 0, let line = try? JSONEncoder().encode(self) else { return }
    _ = Descriptor.write(Array(line) + [UInt8(ascii: "\n")], to: number)
  }

  /// Whole lines at the start of what was read, which are taken from it; what is no news is passed over.
  static func take(from bytes: inout [UInt8]) -> [RunNews] {
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"))
    bytes.removeSubrange(...end)
    return lines.compactMap { try? JSONDecoder().decode(RunNews.self, from: Data($0)) }
  }
}
