import HTML
import Notebooks

extension HTMLReport {
  /// - Parameter mark: `ReportSubject.mark`.
  init(_ flow: Notebook.Flow, mark: String?) {
    self.init(
      title: flow.title, language: flow.language, blocks: flow.blocks, theme: flow.theme, width: flow.width, mark: mark)
  }
}
