import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Whether somebody pressed Ctrl-C, or the system asked the process to end.
private let wasAsked = Atomic<Bool>(false)

/// Lets a run finish the images in flight. A second Ctrl-C ends the process at once; the store survives that too.
enum Interruption {
  static var isRequested: Bool { wasAsked.load(ordering: .relaxed) }

  static func watch() {
    // Touched here once, so that the handler never initialises it.
    _ = wasAsked.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        wasAsked.store(true, ordering: .relaxed)
        signal(received, SIG_DFL)
        // Only what is safe in a signal handler: no allocation, no locks.
        let message: StaticString =
          "\nStopping: the images in flight are finished. Press Ctrl-C again to stop at once.\n"
        _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
      }
    }
  }
}
