using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange;
using FishCheckpoint.Interchange.Formats;
using FishCheckpoint.Interchange.Import;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt import</c>.</summary>
internal static class ImportCommand
{
    public static Command Create(Shell shell)
    {
        var (format, folder) =
            (FormatArgument.Create(), new Argument<string>("DIR") { Description = "The folder of the versions." });
        var task = new Option<string>("--task")
        {
            Description = "The task. Created if it does not exist.", HelpName = "TASK", Required = true,
        };
        var name = new Option<string?>("--base")
        {
            Description =
                "The base of a task to create. A base that does not exist is created from the first version, which "
                + "must be a full one.", HelpName = "BASE",
        };
        var version = new Option<string>("--base-version")
        {
            Description = "The version number of the base, on which the first delta may depend.", HelpName = "VERSION",
            DefaultValueFactory = _ => "0",
        };
        var step = new Option<string>("--step")
        {
            Description =
                "The step of the first version whose name is not a number; the others count up from there. A number is its own step.",
                HelpName = "N",
            DefaultValueFactory = _ => "1",
        };
        var onlyNew = new Option<bool>("--new")
        {
            Description = "Skip versions whose step is already stored, without comparing them.",
        };
        var gaps = new Option<bool>("--allow-gaps")
        {
            Description = "sparse-patch: treat a missing version number as a version without changes.",
        };
        var parameters = new Option<string?>("--parameters")
        {
            Description =
                "fish-diff: a file with the names of the trained parameters, one per line, in the model's order. "
                + "Default: the base's order, unless it is sorted.", HelpName = "FILE",
        };
        var command = new Command("import", "Save the weights that another system has written, each version as a checkpoint.")
        {
            format, folder, task, name, version, step, onlyNew, gaps, parameters,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            using var input = await LocalInput.OpenAsync(
                parsed.GetRequiredValue(folder), call.Terminal, shell.Settings.Limits.MaxUploadBytes, cancellation);
            var options = new ImportOptions
            {
                Format = InterchangeFormats.Parse(parsed.GetRequiredValue(format)), Folder = Path.GetFullPath(input.Path),
                Task = parsed.GetRequiredValue(task), Base = parsed.GetValue(name), BaseVersion = parsed.GetRequiredValue(version),
                FirstStep = StepRef.ParseStep(parsed.GetRequiredValue(step)), OnlyNew = parsed.GetValue(onlyNew),
                AllowGaps = parsed.GetValue(gaps),
                Parameters = await NamesOf(parsed.GetValue(parameters), shell.Settings.Limits.MaxHeaderBytes, cancellation),
                MaxHeaderLength = shell.Settings.Limits.MaxHeaderBytes,
            };
            ImportReport? report = null;
            await Progress.StepsAsync(call.Terminal, "importing", VersionImporter.Count(options), async done =>
                report = await VersionImporter.ImportAsync(call.Store, options, item => done(item.Version), cancellation));
            call.Print(report!, made => Describe(call, made));
        }, creates: true);
        return command;
    }

    private static async Task<IReadOnlyList<string>?> NamesOf(string? path, long most, CancellationToken cancellation)
    {
        if (path is null)
        {
            return null;
        }

        // A pipe has no known length, and may never end.
        await using var file = PositionalFile.OpenInput(path);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await file.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            if (content.Length + read > most)
            {
                throw new FishException(
                    ErrorCode.TooLarge, path, $"The list of names has more than {most} bytes.",
                    "Give --parameters a file with one name per line.");
            }

            content.Write(buffer, 0, read);
        }

        content.Position = 0;
        using var lines = new StreamReader(content);
        return [.. (await lines.ReadToEndAsync(cancellation)).ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static void Describe(Call call, ImportReport report)
    {
        if (report.Base is { } added)
        {
            call.Say($"Added the base [bold]{added}[/] from the first version");
        }

        var table = Tables.Create("version", ">step", "?kind", "?>changed", ">stored", "");
        foreach (var version in report.Versions)
        {
            table.Row(
                version.Version, $"{version.Step}", version.Full ? "full" : "delta", Say.Count(version.Changed),
                Say.Bytes(version.StoredBytes),
                version.Created ? "" : "already there");
        }

        call.Terminal.Console.Write(table);
        call.Say(
            $"{Say.Count(report.Saved)} of {Say.Count(report.Versions.Count)} versions saved into [bold]{report.Task}[/], ",
            $"{Say.Bytes(report.Versions.Sum(version => version.StoredBytes))} in all");
    }
}
