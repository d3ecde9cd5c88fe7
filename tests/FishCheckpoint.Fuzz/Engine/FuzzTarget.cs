using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>Something that reads hostile bytes, and what has to hold of it.</summary>
internal abstract class FuzzTarget : IAsyncDisposable
{
    public abstract string Name { get; }

    /// <summary>Where it writes what is read as files.</summary>
    protected TemporaryFolder Folder { get; } = new();

    /// <summary>Valid inputs, made by the project's own writers.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Whether other threads work on an input: what they allocate counts too, and less often.</summary>
    public virtual bool HasThreads => false;

    /// <summary>Mutated inputs in a short run.</summary>
    public virtual int ShortRun => 5000;

    /// <summary>An input made of one or two others.</summary>
    public abstract byte[] Mutate(Random random, byte[] input, byte[] other);

    /// <summary>Reads an input.</summary>
    /// <returns>How it was taken, in a few words that are the same for inputs that are alike.</returns>
    /// <exception cref="Errors.FishException">It was refused: as good an outcome.</exception>
    /// <exception cref="WrongException">It was taken, and what was read contradicts itself.</exception>
    public abstract string Run(byte[] input);

    public virtual ValueTask DisposeAsync()
    {
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>An input was taken that should have been refused, or was not read as it says.</summary>
internal sealed class WrongException(string what) : Exception(what)
{
    public static void Unless(bool holds, string what)
    {
        if (!holds)
        {
            throw new WrongException(what);
        }
    }
}
