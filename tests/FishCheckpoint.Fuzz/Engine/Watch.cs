namespace FishCheckpoint.Fuzz.Engine;

/// <summary>Looks on from another thread: an input that never ends is written down, and the process ended, for nothing else would end it.</summary>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Timer timer;
    private readonly Lock guard = new();
    private (string Target, byte[] Input, long Since)? under;

    public Watch() => timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));

    public void Begin(string target, byte[] input)
    {
        lock (guard)
        {
            under = (target, input, TimeProvider.System.GetTimestamp());
        }
    }

    public void End()
    {
        lock (guard)
        {
            under = null;
        }
    }

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        lock (guard)
        {
            if (under is { } one && TimeProvider.System.GetElapsedTime(one.Since) > Longest)
            {
                Console.Error.WriteLine($"FOUND {one.Target}: {Corpus.WriteFinding(one.Target, one.Input)} does not end");
                Environment.Exit(1);
            }
        }
    }
}
