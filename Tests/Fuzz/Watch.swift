import Foundation
import Synchronization

/// Ends the process when an input takes too long or too much memory, and leaves its number behind.
final class Watch: Sendable {
  private let state: FileHandle?
  private let number = Atomic<Int>(-1)
  /// Nanoseconds of the system's clock when the input began.
  private let start = Atomic<UInt64>(0)
  private let before: Int
  private let greatest: Atomic<Int>

  init(state path: String?, seconds: Int, megabytes: Int, label: String) throws {
    if let path {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      state = try FileHandle(forWritingTo: URL(filePath: path))
    } else {
      state = nil
    }
    before = Watch.residentBytes
    greatest = Atomic(before)
    let thread = Thread { [self] in
      while true {
        usleep(10_000)
        let number = number.load(ordering: .relaxed)
        guard number >= 0 else { continue }
        let bytes = Watch.residentBytes
        greatest.store(max(bytes, greatest.load(ordering: .relaxed)), ordering: .relaxed)
        if bytes - before > megabytes << 20 {
          Watch.end("\(label), input \(number): \(grownMegabytes) MiB more memory")
        }
        let time = DispatchTime.now().uptimeNanoseconds &- start.load(ordering: .relaxed)
        // An input that began since the clock was read has a start in its future.
        if time < 1 << 62, time > UInt64(seconds) * 1_000_000_000 {
          Watch.end("\(label), input \(number): more than \(seconds) s")
        }
      }
    }
    thread.start()
  }

  /// - Parameter input: nil when one has been read: what it takes to make the next is nobody's fault.
  func begin(_ input: Int?) {
    guard let input else {
      number.store(-1, ordering: .relaxed)
      return
    }
    start.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
    number.store(input, ordering: .relaxed)
    guard let state else { return }
    let text = Array("\(input)\n".utf8)
    _ = text.withUnsafeBytes { pwrite(state.fileDescriptor, $0.baseAddress, $0.count, 0) }
  }

  /// The most memory that was seen beyond that of the beginning.
  var grownMegabytes: Int { (greatest.load(ordering: .relaxed) - before) >> 20 }

  private static func end(_ text: String) {
    FileHandle.standardError.write(Data("fault: \(text)\n".utf8))
    _exit(3)
  }

  private static var residentBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}
