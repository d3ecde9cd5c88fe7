using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Output;

/// <summary>Progress of long work on standard error, shown only where a person looks on.</summary>
internal static class Progress
{
    /// <summary>Runs work with what it has done in bytes, how fast, and how long it will take.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many bytes it is in all.</param>
    /// <param name="work">The work; it adds the bytes that are done.</param>
    public static async Task BytesAsync(Terminal terminal, string title, long total, Func<Action<long>, Task> work)
    {
        await using var line = ProgressLine.Start(terminal, title, ProgressUnit.Bytes);
        line.Total(total);
        await work(line.Add);
        line.Finish();
    }

    /// <summary>Runs work on so many things.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many things there are.</param>
    /// <param name="work">The work; it names each thing that is done.</param>
    public static async Task StepsAsync(Terminal terminal, string title, int total, Func<Action<string>, Task> work)
    {
        await using var line = ProgressLine.Start(terminal, title, ProgressUnit.Things);
        line.Total(total);
        await work(name =>
        {
            line.Name(name);
            line.Add(1);
        });
        line.Finish();
    }

    /// <summary>Runs work on a checkpoint's content; of a full model with the bytes of it that were read.</summary>
    public static async Task<T> OfContentAsync<T>(Terminal terminal, string title, CheckpointContent content, Func<Task<T>> work)
    {
        if (content is not CheckpointContent.Full { Model: var model })
        {
            return await SpinAsync(terminal, title, work);
        }

        await using var line = ProgressLine.Start(terminal, title, ProgressUnit.Bytes);
        var (bytes, done) = (Math.Max(1, model.Layout.Bytes), 0L);
        line.Total(bytes);

        // Where a parent is chosen the model is read again: that is more to do, not more than all.
        model.WhenRead = read =>
        {
            var now = Interlocked.Add(ref done, read);
            line.Set(now, (now + bytes - 1) / bytes * bytes);
        };
        var result = await work();
        model.WhenRead = null;
        line.Finish();
        return result;
    }

    /// <summary>Runs work that tells by itself how far it is, if it can: <see cref="Terminal.Work"/>.</summary>
    public static async Task<T> SpinAsync<T>(Terminal terminal, string title, Func<Task<T>> work)
    {
        await using var line = ProgressLine.Start(terminal, title, ProgressUnit.Bytes);
        using var told = terminal.Work.Follow(line);
        var result = await work();
        line.Finish();
        return result;
    }
}
