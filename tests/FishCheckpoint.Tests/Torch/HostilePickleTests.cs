using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

/// <summary>Pickles that would run something, or fill memory, or tell lies. Each is refused in both kinds of files, and none is worth more
/// memory than a few buffers.</summary>
public sealed class HostilePickleTests : IDisposable
{
    private const long MaxAllocated = 4 << 20;

    private static readonly Dictionary<string, (Action<PickleBytes> Write, ErrorCode Code, string Says)> All = new(StringComparer.Ordinal)
    {
        ["a call by REDUCE"] = (p => p.Global("os", "system").Text("true").Raw(0x85).Op('R'), ErrorCode.PickleRefused, "'os.system'"),
        ["a call under another name of the module"] =
            (p => p.Global("posix", "system").Text("true").Raw(0x85).Op('R'), ErrorCode.PickleRefused, "'posix.system'"),
        ["eval"] = (p => p.Global("__builtin__", "eval").Text("1").Raw(0x85).Op('R'), ErrorCode.PickleRefused, "'__builtin__.eval'"),
        ["getattr in the place of a model"] =
            (p => p.Global("builtins", "getattr").Text("1").Raw(0x85).Op('R'), ErrorCode.TorchFileInvalid, "builtins.getattr"),
        ["exec by a dotted name"] =
            (p => p.Text("builtins").Text("exec.__call__").Raw(0x93), ErrorCode.PickleRefused, "'builtins.exec.__call__'"),
        ["a call by STACK_GLOBAL"] = (p => p.Text("subprocess").Text("Popen").Raw(0x93).Text("true").Raw(0x85).Op('R'),
            ErrorCode.PickleRefused, "'subprocess.Popen'"),
        ["a dotted name"] =
            (p => p.Text("torch").Text("serialization.load").Raw(0x93), ErrorCode.PickleRefused, "'torch.serialization.load'"),
        ["a loader of PyTorch's own"] =
            (p => p.Global("torch.storage", "_load_from_bytes"), ErrorCode.PickleRefused, "'torch.storage._load_from_bytes'"),
        ["a sparse tensor"] = (p => p.Global("torch._utils", "_rebuild_sparse_tensor"), ErrorCode.PickleRefused, "_rebuild_sparse_tensor"),
        ["a module"] = (p => p.Global("torch.nn.modules.linear", "Linear").Op(')').Raw(0x81), ErrorCode.TorchFileInvalid,
            "torch.nn.modules.linear.Linear"),
        ["a module in the place of a tensor"] = (
            p => p.Map(("w", v => v.Global("torch.nn.modules.linear", "Linear").Op(')').Raw(0x81).Op('}').Op('b'))),
            ErrorCode.TorchFileInvalid, "'w' is an object"),
        ["an object in the place of a storage's key"] = (
            p => p.Tuple(t => t.Text("storage"), t => t.Global("torch", "FloatStorage"), t => t.Global("x", "Y").Op(')').Op('R'), t =>
                t.Text("cpu"), t => t.Int(4)).Op('Q'),
            ErrorCode.PickleRefused, "not a tensor's storage"),
        ["a shape by an object"] = (
            p => p.Global("torch._utils", "_rebuild_tensor_v2").Tuple(
                t => t.Storage("0", 4), t => t.Int(0), t => t.Global("x", "Y").Op(')').Op('R'), t => t.Ints(1), t => t.Raw(0x89),
                t => t.Global("collections", "OrderedDict").Op(')').Op('R')).Op('R'),
            ErrorCode.PickleInvalid, "not a storage"),
        ["INST"] = (p => p.Op('(').Op('i').Raw("os\nsystem\n"u8), ErrorCode.PickleRefused, "INST"),
        ["OBJ"] = (p => p.Op('(').Global("collections", "OrderedDict").Op('o'), ErrorCode.PickleRefused, "OBJ"),
        ["NEWOBJ"] = (p => p.Global("subprocess", "Popen").Op(')').Raw(0x81), ErrorCode.PickleRefused, "'subprocess.Popen'"),
        ["NEWOBJ of nothing"] = (p => p.Op('N').Op(')').Raw(0x81), ErrorCode.PickleInvalid, "without a class"),
        ["NEWOBJ_EX without arguments"] = (p => p.Global("x", "Y").Op('N').Op('}').Raw(0x92), ErrorCode.PickleInvalid, "not a tuple"),
        ["EXT1"] = (p => p.Raw(0x82, 1), ErrorCode.PickleRefused, "EXT1"),
        ["EXT4"] = (p => p.Raw(0x84, 1, 0, 0, 0), ErrorCode.PickleRefused, "EXT4"),
        ["PERSID"] = (p => p.Op('P').Raw("storage\n"u8), ErrorCode.PickleRefused, "PERSID"),
        ["a number as text"] = (p => p.Op('I').Raw("01\n"u8), ErrorCode.PickleRefused, "INT"),
        ["a text to be evaluated"] = (p => p.Op('S').Raw("'x'\n"u8), ErrorCode.PickleRefused, "STRING"),
        ["a buffer outside"] = (p => p.Raw(0x97), ErrorCode.PickleRefused, "NEXTBUFFER"),
        ["a state by __setstate__"] = (p => p.Text("x").Op('}').Op('b'), ErrorCode.PickleRefused, "BUILD"),
        ["a state for a tensor"] = (p => p.Tensor("0", 4, 0, [4], [1]).Op('}').Op('b'), ErrorCode.PickleRefused, "BUILD"),
        ["a persistent id that is a text"] = (p => p.Text("http://host").Op('Q'), ErrorCode.PickleRefused, "not a tensor's storage"),
        ["a persistent id of a module"] =
            (p => p.Tuple(t => t.Text("module"), t => t.Text("x")).Op('Q'), ErrorCode.PickleRefused, "not a tensor's storage"),
        ["a call of a map"] = (p => p.Op('}').Op(')').Op('R'), ErrorCode.PickleRefused, "not a function"),
        ["a call with other arguments"] =
            (p => p.Global("torch._utils", "_rebuild_tensor_v2").Op(')').Op('R'), ErrorCode.PickleInvalid, "other arguments"),
        ["a text of 4 GiB"] = (p => p.Op('X').U32(uint.MaxValue), ErrorCode.PickleInvalid, "4294967295 bytes"),
        ["bytes of 8 EiB"] = (p => p.Raw(0x8e).Raw(BitConverter.GetBytes(long.MaxValue)), ErrorCode.PickleInvalid, "announces"),
        ["bytes of a negative length"] = (p => p.Raw(0x8e).Raw(BitConverter.GetBytes(-1L)), ErrorCode.PickleInvalid, "truncated"),
        ["a frame beyond the end"] = (p => p.Raw(0x95).Raw(BitConverter.GetBytes(1L << 40)), ErrorCode.PickleInvalid, "announces"),
        ["a number of 2 GiB"] = (p => p.Raw(0x8b).U32(int.MaxValue), ErrorCode.PickleInvalid, "the limit is 255"),
        ["a memo that was not noted"] = (p => p.Op('j').U32(7), ErrorCode.PickleInvalid, "memo entry 7"),
        ["a memo far away"] =
            (p => p.Op('N').Op('r').U32(uint.MaxValue).Op('j').U32(uint.MaxValue - 1), ErrorCode.PickleInvalid, "memo entry"),
        ["nothing on the stack"] = (p => p.Op('0'), ErrorCode.PickleInvalid, "takes a value"),
        ["a value below a mark"] = (p => p.Op('N').Op('(').Op('0'), ErrorCode.PickleInvalid, "takes a value"),
        ["no mark"] = (p => p.Op('t'), ErrorCode.PickleInvalid, "mark"),
        ["two values"] = (p => p.Op('N').Op('N'), ErrorCode.PickleInvalid, "more than one"),
        ["a list that is a map"] = (p => p.Op('}').Op('N').Op('a'), ErrorCode.PickleInvalid, "a list"),
        ["a key without a value"] = (p => p.Op('}').Op('(').Op('N').Op('u'), ErrorCode.PickleInvalid, "without a value"),
        ["a key that is a list"] = (p => p.Op('}').Op(']').Op('N').Op('s'), ErrorCode.TorchFileInvalid, "not a state dict"),
        ["a name twice"] = (p => p.Op('}').Text("w").Op('N').Op('s').Text("w").Op('N').Op('s'), ErrorCode.PickleInvalid, "twice"),
        ["no opcode"] = (p => p.Raw(0xFF), ErrorCode.PickleInvalid, "0xff"),
        ["a list in itself"] = (p => p.Op(']').Op('q').Raw(0).Op('h').Raw(0).Op('a'), ErrorCode.TorchFileInvalid, "a list"),
        ["lists of lists, 100,000 deep"] = (p => p.Raw([.. Enumerable.Repeat((byte)']', 100_000), .. Enumerable.Repeat((byte)'a', 99_999)]),
            ErrorCode.TorchFileInvalid, "a list"),
        ["a list doubled forty times"] = (
            p => p.Op(']')
                .Raw([.. Enumerable.Repeat<byte[]>([(byte)'q', 0, (byte)'0', (byte)']', (byte)'(', (byte)'h', 0, (byte)'h', 0, (byte)'e'],
                    40).SelectMany(step => step)]),
            ErrorCode.TorchFileInvalid, "a list"),
        ["a view beyond its storage"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 1, [4], [1]))), ErrorCode.TorchFileInvalid, "ends at element 4"),
        ["a stride beyond the storage"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 0, [2, 2], [3, 1]))), ErrorCode.TorchFileInvalid, "ends at element 4"),
        ["a stride that overflows"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 0, [3], [long.MaxValue]))), ErrorCode.TorchFileInvalid, "is too large"),
        ["a shape that overflows"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 0, [1L << 40, 1L << 40], [0, 0]))), ErrorCode.TorchFileInvalid, "is too large"),
        ["a tensor expanded to a petabyte"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 0, [1L << 48], [0]))), ErrorCode.TorchFileInvalid, "expanded"),
        ["a negative stride"] =
            (p => p.Map(("w", v => v.Tensor("0", 4, 3, [4], [-1]))), ErrorCode.TorchFileInvalid, "non-negative integer"),
        ["a negative offset"] = (p => p.Map(("w", v => v.Tensor("0", 4, -1, [4], [1]))), ErrorCode.TorchFileInvalid, "are inconsistent"),
        ["a stride too many"] = (p => p.Map(("w", v => v.Tensor("0", 4, 0, [4], [1, 1]))), ErrorCode.TorchFileInvalid, "are inconsistent"),
        ["a storage of two types"] = (
            p => p.Map(("w", v => v.Tensor("0", 4, 0, [4], [1])), ("v", v => v.Tensor("0", 4, 0, [4], [1], "IntStorage"))),
            ErrorCode.TorchFileInvalid, "two types"),
        ["a storage that is too long"] =
            (p => p.Map(("w", v => v.Tensor("0", long.MaxValue, 0, [4], [1]))), ErrorCode.TorchFileInvalid, "elements"),
        ["a storage that is longer than the file"] =
            (p => p.Map(("w", v => v.Tensor("0", 1L << 40, 0, [4], [1]))), ErrorCode.TorchFileInvalid, "the pickle expects"),
        ["a name of the header's own"] =
            (p => p.Map(("__metadata__", v => v.Tensor("0", 4, 0, [4], [1]))), ErrorCode.HeaderDuplicateKey, ""),
        ["a dtype that safetensors has not"] = (p => p.Map(("w", v => v.Tensor("0", 1, 0, [1], [1], "ComplexDoubleStorage"))),
            ErrorCode.HeaderUnknownDtype, "ComplexDoubleStorage"),
        ["a text in the place of a tensor"] = (p => p.Map(("w", v => v.Text("x"))), ErrorCode.TorchFileInvalid, "'w' is a text"),
        ["nothing at all"] = (p => p.Op('N'), ErrorCode.TorchFileInvalid, "contains nothing"),
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var name in All.Keys)
            {
                cases.Add(name, false);
                cases.Add(name, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_HostilePickle_IsRefusedAndSaysWhatItAskedFor(string name, bool legacy)
    {
        var (write, code, says) = All[name];
        var (pickle, data) = (PickleBytes.Of(write), TorchBytes.Small().Data);
        var path = folder["hostile.pt"];
        (string, long, byte[])[] storages = pickle.AsSpan().IndexOf("ComplexDouble"u8) >= 0 ? [("0", 1, data)] : pickle.AsSpan()
            .IndexOf("Storage\n"u8) >= 0 ? [("0", 4, data)] : [];
        File.WriteAllBytes(path, legacy ? TorchBytes.Legacy(pickle, storages) : TorchBytes.Archive(pickle, ("0", data)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Refused.With(code, () => TorchModel.Open(path));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MaxAllocated + (64 * pickle.Length),
            "More was allocated than the input is worth.");
        Assert.Contains(says, error.Cause, StringComparison.Ordinal);
        Assert.StartsWith("hostile.pt", error.Key, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MoreValuesThanTheLimit_IsRefused()
    {
        var path = folder["many.pt"];
        File.WriteAllBytes(path, TorchBytes.Archive(PickleBytes.Of(p => p.Raw([.. Enumerable.Repeat((byte)'N', 2000)]))));
        Refused.With(ErrorCode.TooLarge, () => TorchFile.Open(path, new PickleLimits { MaxItems = 1000 }));
        File.WriteAllBytes(path, TorchBytes.Archive(PickleBytes.Of(p => p.Raw([.. Enumerable.Repeat((byte)']', 2000)]))));
        Refused.With(ErrorCode.TooLarge, () => TorchFile.Open(path, new PickleLimits { MaxObjects = 1000 }));
        Refused.With(ErrorCode.TooLarge, () => TorchFile.Open(path, new PickleLimits { MaxLength = 1000 }));
    }

    public void Dispose() => folder.Dispose();
}
