const { writeFileSync } = require("node:fs");
const vscode = require("vscode");

/** Asks for `{file, name, input}` as JSON, calls the tool, and writes what came of it to the file. */
exports.activate = (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("opsTest.callTool", async () => {
      const { file, name, input } = JSON.parse(await vscode.window.showInputBox({ ignoreFocusOut: true }));
      const told = (result) => writeFileSync(file, JSON.stringify(result));
      try {
        const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
        told({ tools: vscode.lm.tools.map((tool) => tool.name), text: content.map((part) => part.value).join("") });
      } catch (error) {
        told({ error: String(error.message ?? error) });
      }
    }),
  );
};
