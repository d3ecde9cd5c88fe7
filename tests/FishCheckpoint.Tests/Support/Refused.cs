using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Support;

/// <summary>Asserts that something is refused with one code, and that the error says whom it concerns and what to do.</summary>
internal static class Refused
{
    public static FishException With(ErrorCode code, Action action) => Check(code, Assert.Throws<FishException>(action));

    public static FishException With(ErrorCode code, Func<object?> action) => Check(code, Assert.Throws<FishException>(action));

    public static async Task<FishException> WithAsync(ErrorCode code, Func<Task> action) =>
        Check(code, await Assert.ThrowsAsync<FishException>(action));

    private static FishException Check(ErrorCode code, FishException error)
    {
        Assert.True(code == error.Code, $"{code} was expected: {error.Message}");
        Assert.NotEmpty(error.Key);
        Assert.NotEmpty(error.Cause);
        Assert.NotEmpty(error.Hint);
        return error;
    }
}

/// <summary>Headers and files written by hand, so that they can lie.</summary>
internal static class Headers
{
    public static SafetensorsHeader Parse(string json, long? dataLength = null) =>
        HeaderParser.Parse(Encoding.UTF8.GetBytes(json), "test.safetensors", dataLength);

    public static string Entry(string dtype, string shape, string offsets) =>
        $$"""{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":{{offsets}}}""";

    public static string One(string dtype, string shape, string offsets) => $$"""{"w":{{Entry(dtype, shape, offsets)}}}""";

    public static byte[] File(string json, int dataLength)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    public static void Write(string path, MemoryModel model, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(model.Layout.Tensors, metadata));
        Array.ForEach(model.Tensors, tensor => writer.Write(tensor));
        writer.Commit();
    }
}

/// <summary>Properties over consecutive seeds: a failure names its seed, and the seed alone makes the case again.</summary>
internal static class Properties
{
    private const string Variable = "FISH_TEST_SEED";

    // The nightly tier says "new"; a number gives its run again.
    private static readonly int First = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => 20261201,
        "new" => Random.Shared.Next(1_000_000_000),
        var text => int.Parse(text, CultureInfo.InvariantCulture),
    };

    public static void ForSeeds(int count, Action<Random> check)
    {
        for (var seed = First; seed < First + count; seed++)
        {
            try
            {
                check(new Random(seed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"{Variable}={seed}: {error.Message}", error);
            }
        }
    }

    /// <summary>Strictly ascending positions below a limit.</summary>
    public static long[] Positions(Random random, int count, long below)
    {
        var set = new SortedSet<long>();
        while (set.Count < Math.Min(count, below))
        {
            set.Add(random.NextInt64(below));
        }

        return [.. set];
    }
}
