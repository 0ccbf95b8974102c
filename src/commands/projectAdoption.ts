import { commands, l10n, Uri, window, workspace } from "vscode";
import { adoptEndpoint } from "../services/endpointAdoption.ts";
import { type EndpointCommandServices, findEndpoint } from "./endpoint.ts";
import { pickPlace } from "./project.ts";
import type { CommandTable } from "./register.ts";

/** The command that makes a project out of an endpoint. @param exampleFolder where the extension keeps the wine example */
export function adoptionCommands(
  services: EndpointCommandServices,
  exampleFolder: string,
): Pick<CommandTable, "sagemakerOps.project.adopt"> {
  return {
    "sagemakerOps.project.adopt": async (argument) => {
      const { name: endpointName } = await findEndpoint(services, argument);
      const name = await window.showInputBox({
        title: l10n.t("Adopt endpoint {0}", endpointName),
        prompt: l10n.t(
          "Name of the new stack: its deployment makes a second endpoint like this one, which stays as it is",
        ),
        value: `${endpointName}-copy`,
        ignoreFocusOut: true,
        validateInput: (text) =>
          /^[a-zA-Z][-a-zA-Z0-9]{0,53}$/.test(text)
            ? undefined
            : l10n.t("Begin with a letter; letters, digits and hyphens, at most 54 of them"),
      });
      const place = name && (await pickPlace(l10n.t("the project"), name));
      if (!place) return;
      const { folder, isOpen } = place;
      const { file, notes } = await adoptEndpoint(services.connections, exampleFolder, { endpointName, folder, name });
      if (isOpen) {
        await services.project.refresh();
        await commands.executeCommand("vscode.open", Uri.file(file));
      } else {
        const forceReuseWindow = !workspace.workspaceFolders;
        await commands.executeCommand("vscode.openFolder", Uri.file(folder), { forceReuseWindow });
      }
      void window.showInformationMessage(notes.join(" "));
    },
  };
}
