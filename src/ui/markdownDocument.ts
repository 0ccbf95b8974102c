import { commands, type Disposable, Uri, ViewColumn, window, workspace } from "vscode";

const SCHEME = "sagemaker-ops";
/** Pages whose text is kept for tabs that are shown again. */
const KEPT = 20;

/** Pages of text that are made when they are asked for: shown rendered, closed without a question about saving. */
export class MarkdownDocuments implements Disposable {
  private readonly texts = new Map<string, string>();
  private count = 0;
  private readonly registered = workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: ({ path }) => this.texts.get(path) ?? "",
  });

  /**
   * @param name of the tab, without an extension
   * @param beside what is being edited stays in sight
   */
  async show(name: string, markdown: string, beside = false): Promise<void> {
    // A page of its own each time: it says how things were when it was asked for.
    const path = `/${++this.count}/${name.replaceAll("/", "∕")}.md`;
    this.texts.set(path, markdown);
    const [oldest] = this.texts.keys();
    if (this.texts.size > KEPT && oldest) this.texts.delete(oldest);
    const uri = Uri.from({ scheme: SCHEME, path });
    try {
      await commands.executeCommand(beside ? "markdown.showPreviewToSide" : "markdown.showPreview", uri);
    } catch {
      // Without VS Code's Markdown extension the text itself is readable enough.
      await window.showTextDocument(uri, { preview: true, viewColumn: beside ? ViewColumn.Beside : undefined });
    }
  }

  dispose(): void {
    this.registered.dispose();
  }
}
