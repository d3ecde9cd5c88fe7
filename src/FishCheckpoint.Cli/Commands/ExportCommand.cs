using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Interchange.Export;
using FishCheckpoint.Interchange.Formats;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt export</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(Shell shell)
    {
        var (format, folder) =
            (FormatArgument.Create(), new Argument<string>("DIR") { Description = "The folder for the versions." });
        var (range, form) = (new ExportRangeOptions(), new ExportFormOptions());
        var command = new Command(
            "export", "Write checkpoints as versions that another system reads. Each version appears complete.")
        {
            format, folder,
        };
        range.AddTo(command);
        form.AddTo(command);
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            var options = form.Of(
                parsed, range.Of(
                    parsed, InterchangeFormats.Parse(parsed.GetRequiredValue(format)), Path.GetFullPath(parsed.GetRequiredValue(folder))));
            options = options with { OnWarning = warning => call.Terminal.SayError($"[yellow]{warning}[/]") };
            ExportReport? report = null;
            var count = await VersionExporter.CountAsync(call.Store.Checkpoints, options, cancellation);
            await Progress.StepsAsync(call.Terminal, "exporting", count, async done =>
                report = await VersionExporter.ExportAsync(call.Store, options, item => done(item.Version), cancellation));
            call.Print(report!, made => Describe(call, made));
        });
        return command;
    }

    private static void Describe(Call call, ExportReport report)
    {
        var table = Tables.Create("version", ">step", "?kind", ">bytes", "");
        foreach (var version in report.Versions)
        {
            table.Row(version.Version, $"{version.Step}", version.Full ? "full" : "delta", Say.Bytes(version.Bytes),
                version.Created ? "" : "already there");
        }

        call.Terminal.Console.Write(table);
        call.Say(
            $"{Say.Count(report.Written)} of {Say.Count(report.Versions.Count)} versions written to [bold]{report.Folder}[/], ",
            $"{Say.Bytes(report.Bytes)} in all");
    }
}
