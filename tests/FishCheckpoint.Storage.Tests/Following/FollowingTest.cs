using System.Reflection;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Stores;
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
        Task = "task", Folder = Pulled, RetryDelay = TimeSpan.FromMilliseconds(5), LookEvery = TimeSpan.FromMilliseconds(200),
            OnWarning = Warnings.Add,
    };

    // Where links are not for everybody, a file holds the folder's name.
    internal string Current => Path.Combine(
        Pulled, File.Exists(Path.Combine(Pulled, "current.txt")) ? File.ReadAllText(Path.Combine(Pulled, "current.txt")).Trim()
        : "current");

    internal byte[] CurrentModel => File.ReadAllBytes(Path.Combine(Current, "model.safetensors"));

    internal IEnumerable<string> Models => Directory.EnumerateDirectories(Pulled, "step-*").Select(folder => Path.GetFileName(folder))
        .Order(StringComparer.Ordinal);

    internal async Task<PulledModel> PullAsync(IFishStore? store = null, PullOptions? options = null)
    {
        using var puller = ModelPuller.Open(store ?? Store, options ?? Wanted);
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
    /// <param name="answer">Given the part and the method, as in <c>States.OpenAsync</c>, and the arguments: another answer, or
    /// <see langword="null"/> for the
    /// store's own.</param>
    internal IFishStore Altered(Func<string, object?[], object?> answer) => (IFishStore)AlteredStore.Of(typeof(IFishStore), Store, answer);
}

/// <summary>Passes calls on to a store and its parts, but for some.</summary>
public class AlteredStore : DispatchProxy
{
    private object target = null!;
    private Func<string, object?[], object?> answer = null!;

    internal static object Of(Type type, object target, Func<string, object?[], object?> answer)
    {
        var altered = Create(type, typeof(AlteredStore));
        (((AlteredStore)altered).target, ((AlteredStore)altered).answer) = (target, answer);
        return altered;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (answer($"{targetMethod!.DeclaringType!.Name[1..]}.{targetMethod.Name}", args!) is { } altered)
        {
            return altered;
        }

        var own = targetMethod.Invoke(target, BindingFlags.DoNotWrapExceptions, null, args, null);
        return targetMethod.IsSpecialName && targetMethod.ReturnType.IsInterface ? Of(targetMethod.ReturnType, own!, answer) : own;
    }
}
