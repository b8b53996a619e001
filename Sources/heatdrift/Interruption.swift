import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Whether somebody pressed Ctrl-C, or the system asked the process to end.
private let wasAsked = Atomic<Bool>(false)
/// Whether that ends the work at once, with nothing to finish first.
private let isPlain = Atomic<Bool>(false)

/// Lets a run finish the images in flight. A second Ctrl-C ends the process at once; the store survives that too.
enum Interruption {
  static var isRequested: Bool { wasAsked.load(ordering: .relaxed) }

  /// - Parameter finishesImages: false for work that has no images in flight, and stops at once.
  static func watch(finishesImages: Bool = true) {
    // Touched here once, so that the handler never initialises them.
    _ = wasAsked.load(ordering: .relaxed)
    isPlain.store(!finishesImages, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        wasAsked.store(true, ordering: .relaxed)
        signal(received, SIG_DFL)
        // Only what is safe in a signal handler: no allocation, no locks.
        let message: StaticString =
          isPlain.load(ordering: .relaxed)
          ? "\nStopping.\n" : "\nStopping: the images in flight are finished. Press Ctrl-C again to stop at once.\n"
        _ = unsafe write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
      }
    }
  }
}
