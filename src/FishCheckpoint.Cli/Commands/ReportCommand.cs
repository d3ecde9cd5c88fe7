using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt report</c>.</summary>
internal static class ReportCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.OptionalTask();
        var @base = new Option<string?>("--base") { Description = "Report on the tasks of this base.", HelpName = "BASE" };
        var tensors = new Option<bool>("--tensors") { Description = "Show the tensors of the task, largest first." };
        var growth = new Option<bool>("--growth") { Description = "Show the growth over time." };
        var by = new Option<string>("--by")
        {
            Description = "The interval of --growth: day, week or month.", HelpName = "INTERVAL", DefaultValueFactory = _ => "day",
        };
        by.AcceptOnlyFromAmong("day", "week", "month");
        var (from, to) = (DayOption("--from", "The first day of --growth, as in 2026-01-31. Default: 30 intervals before the last."),
            DayOption("--to", "The last day. Default: today."));
        var command = new Command("report", "Show what is stored, and the size that full models would have.")
        {
            task, @base, tensors, growth, by, from, to,
        };
        shell.OnStore(command, (call, cancellation) =>
        {
            var (ofTask, ofBase) = (call.Parsed.GetValue(task), call.Parsed.GetValue(@base));
            if (call.Parsed.GetValue(growth))
            {
                var request = new GrowthRequest
                {
                    Task = ofTask, Base = ofBase, Bucket = Enum.Parse<GrowthBucket>(call.Parsed.GetValue(by)!, ignoreCase: true),
                    From = call.Parsed.GetValue(from), To = call.Parsed.GetValue(to),
                };
                return PrintGrowthAsync(call, request, cancellation);
            }

            return call.Parsed.GetValue(tensors)
                ? PrintTensorsAsync(call, ofTask, cancellation) : PrintStorageAsync(call, ofTask, ofBase, cancellation);
        });
        return command;
    }

    private static Option<DateOnly?> DayOption(string name, string description) => new(name)
    {
        Description = description, HelpName = "DAY",
    };

    private static async Task PrintStorageAsync(Call call, string? task, string? @base, CancellationToken cancellation)
    {
        if (task is not null && @base is not null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "--base", "A report covers a task or a base, not both.", "Omit one of them.");
        }

        var report = @base is null
            ? await call.Store.Reports.GetStorageAsync(task, cancellation) : await call.Store.Reports.GetBaseAsync(@base, cancellation);
        call.Print(report, made => StorageTable.Print(call.Terminal.Console, made));
    }

    private static async Task PrintTensorsAsync(Call call, string? task, CancellationToken cancellation)
    {
        if (task is null)
        {
            throw new FishException(ErrorCode.RequestInvalid, "--tensors", "--tensors reports on one task.", "Name the task.");
        }

        var all = await call.Store.Reports.ListTensorsAsync(task, cancellationToken: cancellation).ToListAsync(cancellation);
        call.Print(all, rows => TensorTable.Print(call.Terminal.Console, rows));
    }

    private static async Task PrintGrowthAsync(Call call, GrowthRequest request, CancellationToken cancellation) =>
        call.Print(
            await call.Store.Reports.GetGrowthAsync(request, cancellation), report => GrowthTable.Print(call.Terminal.Console, report));
}
