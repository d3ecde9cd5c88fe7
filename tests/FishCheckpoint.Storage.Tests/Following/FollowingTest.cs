using System.Reflection;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Following.Pull;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Following;

/// <summary>A store, and a folder that its task is pulled into.</summary>
public abstract class FollowingTest : StoreFixture
{
    private readonly string work = Directory.CreateTempSubdirectory("fish-following-").FullName;

    internal string Work => work;

    internal string Pulled => Path.Combine(work, "pulled");

    internal List<string> Warnings { get; } = [];

    internal PullOptions Wanted => new()
    {
        Task = "task", Folder = Pulled, RetryDelay = TimeSpan.FromMilliseconds(5), LookEvery = TimeSpan.FromMilliseconds(200), OnWarning = Warnings.Add,
    };

    internal PullSource Source => new(Store, Store, Store);

    // Where links are not for everybody, a file holds the folder's name.
    internal string Current => Path.Combine(
        Pulled, File.Exists(Path.Combine(Pulled, "current.txt")) ? File.ReadAllText(Path.Combine(Pulled, "current.txt")).Trim() : "current");

    internal byte[] CurrentModel => File.ReadAllBytes(Path.Combine(Current, "model.safetensors"));

    internal IEnumerable<string> Models => Directory.EnumerateDirectories(Pulled, "step-*").Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    internal async Task<PulledModel> PullAsync(PullSource? source = null, PullOptions? options = null)
    {
        using var puller = ModelPuller.Open(source ?? Source, options ?? Wanted);
        return await puller.PullAsync(Stop);
    }

    /// <summary>Flips a byte of the model that is pointed at.</summary>
    internal void Damage(string file = "model.safetensors")
    {
        using var stream = new FileStream(Path.Combine(Current, file), FileMode.Open, FileAccess.ReadWrite);
        stream.Position = stream.Length / 2;
        var flipped = (byte)(stream.ReadByte() ^ 1);
        stream.Position--;
        stream.WriteByte(flipped);
    }

    internal void AssertNoLeftovers() => Assert.Empty(Directory.EnumerateFileSystemEntries(Pulled, ".incoming-*"));

    /// <summary>The store, but for what is answered otherwise.</summary>
    /// <param name="answer">Given the method's name and arguments: another answer, or <see langword="null"/> for the store's own.</param>
    internal ICheckpointStore Altered(Func<string, object?[], object?> answer)
    {
        var altered = DispatchProxy.Create<ICheckpointStore, AlteredStore>();
        ((AlteredStore)altered).Alter(Store, answer);
        return altered;
    }
}

/// <summary>Passes calls on, but for some.</summary>
public class AlteredStore : DispatchProxy
{
    private ICheckpointStore store = null!;
    private Func<string, object?[], object?> answer = null!;

    internal void Alter(ICheckpointStore altered, Func<string, object?[], object?> answers) => (store, answer) = (altered, answers);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        answer(targetMethod!.Name, args!) ?? targetMethod.Invoke(store, BindingFlags.DoNotWrapExceptions, null, args, null);
}
