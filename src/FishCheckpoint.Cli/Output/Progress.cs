using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Progress of long work on standard error, shown only where a person looks on.</summary>
internal static class Progress
{
    /// <summary>Runs work with a bar of bytes.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many bytes it is in all.</param>
    /// <param name="work">The work; it adds the bytes that are done.</param>
    public static async Task BytesAsync(Terminal terminal, string title, long total, Func<Action<long>, Task> work)
    {
        if (!terminal.ShowsProgress)
        {
            await work(_ => { });
            return;
        }

        await Bar(terminal, new TransferSpeedColumn(), new DownloadedColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
            await work(done => bar.Increment(done));
            bar.Value = bar.MaxValue;
        });
    }

    /// <summary>Runs work with a bar of things.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many things there are.</param>
    /// <param name="work">The work; it names each thing that is done.</param>
    public static async Task StepsAsync(Terminal terminal, string title, int total, Func<Action<string>, Task> work)
    {
        if (!terminal.ShowsProgress)
        {
            await work(_ => { });
            return;
        }

        await Bar(terminal, new ElapsedTimeColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
            await work(name =>
            {
                bar.Description = Markup.Escape($"{title} {name}");
                bar.Increment(1);
            });
        });
    }

    /// <summary>Runs work whose length is not known.</summary>
    public static async Task<T> SpinAsync<T>(Terminal terminal, string title, Func<Task<T>> work) => terminal.ShowsProgress
        ? await terminal.ErrorConsole.Status().StartAsync(Markup.Escape(title), _ => work())
        : await work();

    private static Spectre.Console.Progress Bar(Terminal terminal, params ProgressColumn[] more) => terminal.ErrorConsole.Progress().AutoClear(true)
        .Columns([new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), .. more]);
}
