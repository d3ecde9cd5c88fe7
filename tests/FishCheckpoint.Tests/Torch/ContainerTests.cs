using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

/// <summary>What surrounds the pickle: zip directories that lie, files of other kinds, and every way in which a byte or an end can be
/// lost.</summary>
public sealed class ContainerTests : IDisposable
{
    private static readonly Dictionary<string, Func<byte[]>> Lies = new(StringComparer.Ordinal)
    {
        ["'archive/data/0' is compressed"] = () => Forged((name, entry) => entry[10] = (byte)(name.EndsWith('0') ? 8 : 0)),
        ["'archive/data/0' is compressed, encrypted"] = () => Forged((name, entry) => entry[8] = (byte)(name.EndsWith('0') ? 1 : 0)),
        ["'archive/data/0' has two lengths"] = () => Forged((name, entry) => entry[20] += (byte)(name.EndsWith('0') ? 1 : 0)),
        ["entry 'archive/data/0' contradict"] = () => Forged((name, entry) => entry[42] += (byte)(name.EndsWith('0') ? 1 : 0)),
        ["entry 'archive/data/0' contradict each other"] = () => Forged((name, entry) => entry[16] ^= (byte)(name.EndsWith('0') ? 1 : 0)),
        ["occurs twice in the zip"] = () => TorchBytes.Zip(("a/data.pkl", []), ("a/data.pkl", [])),
        ["overlaps another entry"] = () => Overlapping(),
        ["has 0 pickles"] = () => TorchBytes.Zip(("a/b", [])),
        ["has 2 pickles"] = () => TorchBytes.Zip(("a/data.pkl", []), ("b/data.pkl", [])),
        ["TorchScript"] = () => TorchBytes.Zip(("a/data.pkl", []), ("a/constants.pkl", [])),
        ["byte order is 'big'"] = () =>
            TorchBytes.Zip(("archive/data.pkl", TorchBytes.Small().Pickle), ("archive/byteorder", "big"u8.ToArray())),
        ["'0' is not in the zip"] = () => TorchBytes.Archive(TorchBytes.Small().Pickle),
        ["'0' has 15 bytes; the pickle expects 16"] = () =>
            TorchBytes.Archive(TorchBytes.Small().Pickle, ("0", TorchBytes.Small().Data[..15])),
        ["has trailing bytes"] = () => [.. Archive(), 0],
        ["bytes follow the pickle"] = () => TorchBytes.Archive([.. TorchBytes.Small().Pickle, 0], ("0", TorchBytes.Small().Data)),
        ["0 storages are missing from the file, or 1 bytes"] = () => [.. Legacy(), 0],
        ["1 storages are missing"] = () => TorchBytes.Legacy(TorchBytes.Small().Pickle),
        ["names '1', which is unknown"] = () => TorchBytes.Legacy(TorchBytes.Small().Pickle, ("1", 4, TorchBytes.Small().Data)),
        ["has 5 elements, the pickle expects 4"] = () => TorchBytes.Legacy(TorchBytes.Small().Pickle, ("0", 5, TorchBytes.Small().Data)),
        ["a tar file"] = () => [.. Enumerable.Repeat((byte)'a', 257), .. "ustar\000"u8, .. new byte[200]],
        ["torch.save did not write"] = () => PickleBytes.Of(p => p.Op('N')),
        ["does not start"] = () => "no model"u8.ToArray(),
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Cases => [.. Lies.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_ContainerThatLies_SaysWhatIsWrong(string says)
    {
        var error = Assert.Throws<FishException>(() => TorchModel.Open(Write(Lies[says]())));

        Assert.True(error.Code is ErrorCode.TorchFileInvalid or ErrorCode.PickleInvalid, error.Message);
        Assert.Contains(says, error.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x280)]
    [InlineData(0x580)]
    [InlineData(0x280280)]
    [InlineData(0x04034B50)]
    public void Is_SafetensorsFileWhoseLengthLooksLikeAPickle_IsNone(int length)
    {
        // As far as it is looked at: more would only be written.
        var header = new byte[Math.Min(length, 1 << 12)];
        header.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(header);

        Assert.False(TorchModel.Is(Write([.. BitConverter.GetBytes((long)length), .. header])));
    }

    [Fact]
    public void Open_WithoutLies_IsRead()
    {
        foreach (var file in new[] { Archive(), Legacy() })
        {
            using var model = TorchModel.Open(Write(file));
            Assert.Equal([1, 2, 3, 4, 9, 10, 11, 12, 5, 6, 7, 8, 13, 14, 15, 16], GoldenFiles.ReadAll(model)
                .Single(tensor => tensor.Name == "t").Bytes);
        }
    }

    [Fact]
    public void Open_ZipFileWithAnyByteFlipped_IsTheSameTensorsOrRefused()
    {
        var file = File.ReadAllBytes(GoldenFiles.PathOf("tiny.pt"));
        using var whole = TorchModel.Open(GoldenFiles.PathOf("tiny.pt"));
        var (expected, refused) = (GoldenFiles.ReadAll(whole), 0);
        for (var place = 0; place < file.Length; place++)
        {
            var flip = (byte)(1 << (place % 8));
            file[place] ^= flip;
            refused += Opens(file, model =>
                Assert.True(GoldenFiles.Same(expected, GoldenFiles.ReadAll(model)),
                    $"The byte {place} was flipped, and another tensor read.")) ? 0 : 1;
            file[place] ^= flip;
        }

        // What may change are times, versions and padding.
        Assert.InRange(refused, file.Length / 2, file.Length);
    }

    [Theory]
    [InlineData("tiny.pt")]
    [InlineData("tiny-legacy.pt")]
    public void Open_FileCutOffAnywhere_IsRefused(string name)
    {
        var file = File.ReadAllBytes(GoldenFiles.PathOf(name));
        for (var length = 0; length < file.Length; length++)
        {
            Assert.False(Opens(file[..length], _ => { }), $"The file was taken with {length} of {file.Length} bytes.");
        }
    }

    [Fact]
    public void Open_LegacyFileWithAnyByteFlipped_IsReadOrRefusedAndNothingElse()
    {
        var file = File.ReadAllBytes(GoldenFiles.PathOf("tiny-legacy.pt"));
        for (var place = 0; place < file.Length; place++)
        {
            file[place] ^= 0x10;
            Opens(file, model => GoldenFiles.ReadAll(model));
            file[place] ^= 0x10;
        }
    }

    [Fact]
    public void Open_ZipFileOfManyEntries_HasItsWideDirectoryRead()
    {
        // Python's zipfile writes a zip64 directory past 65,535 entries; here one is written around the same bytes.
        var narrow = Archive();
        var at = narrow.Length - 22;
        var wide = new byte[56 + 20];
        BinaryPrimitives.WriteUInt32LittleEndian(wide, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(4), 44);
        foreach (var (to, from, size) in new[] { (24, 8, 2), (32, 10, 2), (40, 12, 4), (48, 16, 4) })
        {
            narrow.AsSpan(at + from, size).CopyTo(wide.AsSpan(to));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(64), at);
        byte[] end = narrow[at..];
        end.AsSpan(8, 12).Fill(0xFF);
        using var model = TorchModel.Open(Write([.. narrow[..at], .. wide, .. end]));
        Assert.Equal(2, model.Header.Tensors.Count);

        wide[32]++;
        Refused.With(ErrorCode.TorchFileInvalid, () => TorchModel.Open(Write([.. narrow[..at], .. wide, .. end])));
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Archive() => TorchBytes.Archive(TorchBytes.Small().Pickle, ("0", TorchBytes.Small().Data));

    private static byte[] Legacy() => TorchBytes.Legacy(TorchBytes.Small().Pickle, ("0", 4, TorchBytes.Small().Data));

    private static byte[] Forged(Action<string, byte[]> forge) =>
        TorchBytes.Zip(forge, ("archive/data.pkl", TorchBytes.Small().Pickle), ("archive/data/0", TorchBytes.Small().Data));

    // An entry whose bytes are those of two others.
    private static byte[] Overlapping()
    {
        var inner = TorchBytes.Zip(("a/1", [1, 2]));
        var outer = TorchBytes.Zip((name, entry) => entry[42] = (byte)(name == "a/1" ? 30 + "a/data.pkl".Length : entry[42]),
            ("a/data.pkl", inner[..35]), ("a/1", [1, 2]));
        return outer;
    }

    private bool Opens(byte[] file, Action<TorchModel> use)
    {
        try
        {
            using var model = TorchModel.Open(Write(file));
            use(model);
            return true;
        }
        catch (FishException error)
        {
            Assert.NotEmpty(error.Cause);
            return false;
        }
    }

    private string Write(byte[] file)
    {
        File.WriteAllBytes(folder["model.pt"], file);
        return folder["model.pt"];
    }
}
