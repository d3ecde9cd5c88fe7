using System.CommandLine;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Demo;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt demo</c>: trains, saves, rebuilds and compares, on real input.</summary>
internal static class DemoCommand
{
    private const string FolderName = "demo";

    /// <summary>The command.</summary>
    /// <param name="shell">What commands use.</param>
    /// <param name="other">Replaces the default plan, which is created only when the command runs: other commands need not load its
    /// data.</param>
    public static Command Create(Shell shell, DemoPlan? other = null)
    {
        var command = new Command(
            "demo", "Train on real digits, save every few steps, rebuild every checkpoint over HTTP and compare bit for bit.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var (json, plan) = (parsed.GetValue(shell.Json), other ?? new DemoPlan());
            var folder = Path.Combine(shell.DataFolderOf(parsed), FolderName);
            var demonstration = new Demonstration(shell.Terminal, plan, folder, line => Say(shell, json, line));
            var result = await demonstration.RunAsync(cancellation);
            if (json)
            {
                await shell.Terminal.Output.WriteLineAsync(JsonSerializer.Serialize(result, FishJson.Options));
            }
            else
            {
                DemoTables.Print(shell.Terminal, result, plan.Ratios);
                SuggestNext(shell, result);
            }

            return result.IsBitExact ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static void Say(Shell shell, bool json, FormattableString line)
    {
        if (!json)
        {
            shell.Terminal.Say(line);
        }
    }

    private static void SuggestNext(Shell shell, DemoResult result)
    {
        var (fish, data) = (ProgramInfo.Command, Path.GetRelativePath(Environment.CurrentDirectory, result.Folder));
        var run = result.Saved[0];
        var step = run.Digests.Keys.Max();
        shell.Terminal.Say($"");
        shell.Terminal.Say($"[bold]Try next[/]");
        shell.Terminal.Say($"  {fish} serve --data {data}");
        shell.Terminal.Say(
            $"  curl -o step{step}.safetensors http://127.0.0.1:5080/v1/tasks/{run.Task}/checkpoints/{step}/model.safetensors");
        shell.Terminal.Say($"  {fish} ls {run.Task} --data {data}");
        shell.Terminal.Say($"  {fish} diff {run.Task} base latest --data {data}");
    }
}
