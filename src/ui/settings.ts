import { workspace } from "vscode";
import { type SettingId, type Settings, settingDefaults } from "../contributions.ts";

/** A setting as the user has it now. */
export function readSetting<K extends SettingId>(id: K): Settings[K] {
  return workspace.getConfiguration().get<Settings[K]>(id) ?? settingDefaults[id];
}
