using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

/// <summary>Objects that trainers keep beside the model are left unread and named; nothing of them is made or run.</summary>
public sealed class UnreadObjectTests : IDisposable
{
    private static readonly Dictionary<string, (Action<PickleBytes> Write, string? Name)> All = new(StringComparer.Ordinal)
    {
        ["collections.Counter"] =
            (p => p.Global("collections", "Counter").Tuple(t => t.Op('}').Int(2).Int(1).Op('s')).Op('R'), "collections.Counter"),
        ["a defaultdict with entries"] = (
            p => p.Global("collections", "defaultdict").Tuple(t => t.Global("builtins", "int")).Op('R').Op('(').Text("a").Int(1).Op('u'),
            "collections.defaultdict"),
        ["a deque with items"] = (p => p.Global("collections", "deque").Op(')').Op('R').Op('(').Int(1).Int(2).Op('e'), "collections.deque"),
        ["argparse.Namespace"] = (
            p => p.Global("argparse", "Namespace").Op(')').Raw(0x81).Op('}').Text("lr").Raw(0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0).Op('s')
            .Op('b'), "argparse.Namespace"),
        ["a path"] = (p => p.Global("pathlib", "PosixPath").Tuple(t => t.Text("/"), t => t.Text("runs")).Op('R'), "pathlib.PosixPath"),
        ["an enum by getattr"] =
            (p => p.Global("builtins", "getattr").Tuple(t => t.Global("__main__", "Mode"), t => t.Text("TRAIN")).Op('R'),
            "builtins.getattr"),
        ["a class of the user's"] = (
            p => p.Global("copyreg", "_reconstructor")
            .Tuple(t => t.Global("__main__", "Config"), t => t.Global("builtins", "object"), t => t.Op('N')).Op('R')
                .Op('}').Text("x").Int(1).Op('s').Op('b'),
            "copyreg._reconstructor"),
        ["an array of NumPy's"] = (
            p => p.Global("numpy.core.multiarray", "_reconstruct")
            .Tuple(t => t.Global("numpy", "ndarray"), t => t.Ints(0), t => t.Raw((byte)'C', 1, (byte)'b')).Op('R')
                .Tuple(
                    t => t.Int(1), t => t.Ints(2),
                    t => t.Global("numpy", "dtype").Tuple(d => d.Text("f8"), d => d.Raw(0x89), d => d.Raw(0x88)).Op('R')
                        .Tuple(s => s.Int(3), s => s.Text("<"), s => s.Op('N'), s => s.Op('N'), s => s.Op('N'), s => s.Int(-1),
                        s => s.Int(-1), s => s.Int(0)).Op('b'),
                    t => t.Raw(0x89), t => t.Raw((byte)'C', 16).Raw(new byte[16])).Op('b'),
            "numpy.core.multiarray._reconstruct"),
        ["a complex scalar of NumPy's"] = (
            p => p.Global("numpy.core.multiarray", "scalar").Tuple(
                t => t.Global("numpy", "dtype").Tuple(d => d.Text("c8"), d => d.Raw(0x89), d => d.Raw(0x88)).Op('R'),
                t => t.Raw((byte)'C', 8).Raw(new byte[8])).Op('R'),
            "numpy scalar"),
        ["a map with keys that are tuples"] = (p => p.Op('}').Tuple(t => t.Int(1), t => t.Int(2)).Int(3).Op('s'), null),
        ["a bytearray"] = (p => p.Raw(0x96).Raw(BitConverter.GetBytes(2L)).Raw(1, 2), null),
        ["an object that holds a tensor"] = (
            p => p.Global("__main__", "Ema").Op(')').Raw(0x81).Map(("shadow", v => v.Tensor("0", 4, 0, [4], [1]))).Op('b'), "__main__.Ema"),
        ["an object made with keywords"] = (p => p.Global("__main__", "K").Op(')').Op('}').Raw(0x92), "__main__.K"),
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, bool> Cases => [.. All.Keys.SelectMany(name => new[] { (name, false), (name, true) })];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_ObjectBesideTheModel_IsLeftUnreadAndNamed(string name, bool legacy)
    {
        var (write, type) = All[name];
        var data = TorchBytes.Small().Data;
        var pickle = PickleBytes.Of(
            p => p.Map(("before", write), ("model", v => v.Map(("w", w => w.Tensor("0", 4, 0, [4], [1])))), ("epoch", v => v.Int(3))));
        File.WriteAllBytes(folder["x.pt"], legacy ? TorchBytes.Legacy(pickle, ("0", 4, data)) : TorchBytes.Archive(pickle, ("0", data)));

        using var model = TorchModel.Open(folder["x.pt"]);

        Assert.Equal("model", model.Key);
        Assert.Equal("w", Assert.Single(model.Header.Tensors).Info.Name);
        Assert.Equal(type is null ? [] : [type], model.Unread);
    }

    [Fact]
    public void Open_ManyTypes_NamesAFew()
    {
        var data = TorchBytes.Small().Data;
        var pickle = PickleBytes.Of(p => p.Map(
            [("model", v => v.Map(("w", w => w.Tensor("0", 4, 0, [4], [1])))), .. Enumerable.Range(0, 500).Select(number => (
                $"o{number}", (Action<PickleBytes>)(v => v.Global("m", $"C{number}\u001b[31m").Op(')').Op('R'))))]));
        File.WriteAllBytes(folder["x.pt"], TorchBytes.Archive(pickle, ("0", data)));
        using var model = TorchModel.Open(folder["x.pt"]);
        Assert.InRange(model.Unread.Count, 1, 20);
        Assert.DoesNotContain(model.Unread, name => name.Any(char.IsControl));
    }
}
