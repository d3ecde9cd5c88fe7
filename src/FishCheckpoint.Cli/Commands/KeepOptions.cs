using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options for the retention of a task.</summary>
internal sealed class KeepOptions(Option<string?> monitor, Option<string> mode)
{
    private readonly Option<int?> last = new("--keep-last") { Description = "Keep the N newest checkpoints.", HelpName = "N" };
    private readonly Option<long?> every = new("--keep-every")
    {
        Description = "Keep checkpoints whose step is a multiple of N.", HelpName = "N",
    };
    private readonly Option<int?> best = new("--keep-best")
    {
        Description = "Keep the N best checkpoints by --monitor.", HelpName = "N",
    };
    private readonly Option<TimeSpan?> within = new("--keep-within")
    {
        Description = "Keep checkpoints saved within this time, as in 12h, 7d or 4w.", HelpName = "TIME", CustomParser = Parse,
    };

    public void AddTo(Command command)
    {
        command.Add(last);
        command.Add(every);
        command.Add(best);
        command.Add(within);
    }

    /// <summary>The retention of a call; <see langword="null"/> if no option names a rule.</summary>
    public Retention? RetentionOf(ParseResult parsed)
    {
        var retention = new Retention(
            parsed.GetValue(last), parsed.GetValue(every), parsed.GetValue(best), parsed.GetValue(monitor), parsed.GetRequiredValue(mode),
            parsed.GetValue(within));
        return retention.HasRules || retention.Monitor is not null ? retention.Validate() : null;
    }

    /// <summary>The rules that a call names, as a task's retention has them in JSON.</summary>
    public IEnumerable<(string Rule, JsonNode? Value)> Named(ParseResult parsed)
    {
        (Option Option, string Rule, Func<object?> Value)[] all =
        [
            (last, "keepLast", () => parsed.GetValue(last)), (every, "keepEvery", () => parsed.GetValue(every)),
            (best, "keepBest", () => parsed.GetValue(best)),
            (within, "keepWithin", () => parsed.GetValue(within)), (monitor, "monitor", () => parsed.GetValue(monitor)),
            (mode, "mode", () => parsed.GetValue(mode)),
        ];
        return all.Where(item => parsed.GetResult(item.Option) is { Implicit: false })
            .Select(item => (item.Rule, JsonSerializer.SerializeToNode(item.Value(), FishJson.Options)));
    }

    private static TimeSpan? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (text.Length > 1 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && UnitOf(text[^1]) is { } unit)
        {
            return count * unit;
        }

        argument.AddError($"'{text}' is not a time span. Give a number and a unit: 30m, 12h, 7d or 4w.");
        return null;
    }

    private static TimeSpan? UnitOf(char unit) => unit switch
    {
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        'w' => TimeSpan.FromDays(7),
        _ => null,
    };
}
