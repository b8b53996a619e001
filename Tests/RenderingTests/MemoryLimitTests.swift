import Dispatch
import Foundation
import Rendering
import Testing

@Suite struct MemoryLimitTests {
  private var softLimit: rlim_t {
    var limit = rlimit()
    #if canImport(Glibc)
      let found = getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    #else
      let found = getrlimit(RLIMIT_DATA, &limit)
    #endif
    return found == 0 ? limit.rlim_cur : 0
  }

  /// The limit under which a stranger's report is unpacked is the whole process's: once it stayed behind when two
  /// threads unpacked at a time, and a later allocation of whatever was at work failed.
  @Test func unpackingAtATimeLeavesNoLimitBehind() async throws {
    // Other tests may be unpacking now: the greatest of some readings is the limit outside of all that.
    func greatest() async throws -> rlim_t {
      var seen = softLimit
      for _ in 0..<50 {
        try await Task.sleep(for: .milliseconds(2))
        seen = max(seen, softLimit)
      }
      return seen
    }
    let former = try await greatest()
    DispatchQueue.concurrentPerform(iterations: 400) { number in
      _ = try? Attachment.all(inPDF: Array("%PDF-1.4 \(number)".utf8), file: "damaged.pdf")
    }
    #expect(try await greatest() == former)
  }
}
