using System.Numerics;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>
/// Reads a pickle of protocols 2 to 5. Instead of importing and calling like Python, it asks an <see cref="IPickleWorld"/>. It never
/// recurses and creates nothing beyond its limits. Objects that the world does not read are consumed and dropped.
/// </summary>
// The package Razorvine.Pickle has no limits: it allocates any announced length.
internal sealed class PickleMachine
{
    private const int MaxNumberLength = 255;

    private static readonly object[] Small = [.. Enumerable.Range(0, 1024).Select(number => (object)(long)number)];
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly PickleInput input;
    private readonly IPickleWorld world;
    private readonly PickleStack stack;

    private PickleMachine(PickleInput input, IPickleWorld world, PickleLimits limits) =>
        (this.input, this.world, stack) = (input, world, new PickleStack(input.Key, limits));

    /// <summary>Reads one pickle.</summary>
    /// <param name="input">The input; its position ends after the pickle.</param>
    /// <param name="world">The names and objects that it may use.</param>
    /// <param name="limits">The limits on reading it.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.PickleInvalid"/>, <see cref="ErrorCode.PickleRefused"/>,
    /// <see cref="ErrorCode.TooLarge"/>.</exception>
    public static object? Read(PickleInput input, IPickleWorld world, PickleLimits limits) => new PickleMachine(input, world, limits).Run();

    private object? Run()
    {
        if ((Opcode)input.U8() != Opcode.Proto || input.U8() is var protocol and not (>= 2 and <= 5))
        {
            throw PickleErrors.Invalid(input.Key, "The pickle does not start with one of the protocols 2 to 5.");
        }

        for (var opcode = (Opcode)input.U8(); opcode != Opcode.Stop; opcode = (Opcode)input.U8())
        {
            if (!Number(opcode) && !Text(opcode) && !Container(opcode) && !Memo(opcode) && !Object(opcode))
            {
                throw Unknown(opcode);
            }
        }

        return stack.PopLast();
    }

    private bool Number(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.None: stack.Push(null); return true;
            case Opcode.NewTrue: stack.Push(True); return true;
            case Opcode.NewFalse: stack.Push(False); return true;
            case Opcode.BinInt: stack.Push(Of((int)input.U32())); return true;
            case Opcode.BinInt1: stack.Push(Of(input.U8())); return true;
            case Opcode.BinInt2: stack.Push(Of(input.U16())); return true;
            case Opcode.Long1: stack.Push(Long(input.U8())); return true;
            case Opcode.Long4: stack.Push(Long(input.U32())); return true;
            case Opcode.BinFloat: stack.Push(input.F64()); return true;
            default: return false;
        }
    }

    private bool Text(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.BinString or Opcode.BinUnicode: stack.PushNew(input.Text(input.U32())); return true;
            case Opcode.ShortBinString or Opcode.ShortBinUnicode: stack.PushNew(input.Text(input.U8())); return true;
            case Opcode.BinUnicode8: stack.PushNew(input.Text(input.Length64())); return true;
            case Opcode.BinBytes: stack.PushNew(input.Bytes(input.U32())); return true;
            case Opcode.ShortBinBytes: stack.PushNew(input.Bytes(input.U8())); return true;
            case Opcode.BinBytes8 or Opcode.ByteArray8: stack.PushNew(input.Bytes(input.Length64())); return true;
            default: return false;
        }
    }

    private bool Container(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.EmptyTuple: stack.PushNew(new PickleTuple([])); return true;
            case Opcode.Tuple: stack.PushNew(new PickleTuple(stack.PopToMark())); return true;
            case Opcode.Tuple1: stack.PushNew(new PickleTuple([stack.Pop()])); return true;
            case Opcode.Tuple2: stack.PushNew(new PickleTuple([.. Last(2)])); return true;
            case Opcode.Tuple3: stack.PushNew(new PickleTuple([.. Last(3)])); return true;
            case Opcode.EmptyList or Opcode.EmptySet: stack.PushNew(new PickleList()); return true;
            case Opcode.List or Opcode.FrozenSet: stack.PushNew(ListOf(stack.PopToMark())); return true;
            case Opcode.Append: Fill([stack.Pop()]); return true;
            case Opcode.Appends or Opcode.AddItems: Fill(stack.PopToMark()); return true;
            case Opcode.EmptyDict: stack.PushNew(new PickleMap(input.Key)); return true;
            case Opcode.Dict:
                var entries = stack.PopToMark();
                stack.PushNew(new PickleMap(input.Key));
                FillMap(entries);
                return true;
            case Opcode.SetItem: FillMap(Last(2)); return true;
            case Opcode.SetItems: FillMap(stack.PopToMark()); return true;
            default: return false;
        }
    }

    private bool Memo(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Mark: stack.Mark(); return true;
            case Opcode.Pop: stack.Pop(); return true;
            case Opcode.PopMark: stack.PopToMark(); return true;
            case Opcode.Dup: stack.Push(stack.Peek()); return true;
            case Opcode.BinGet: stack.Recall(input.U8()); return true;
            case Opcode.LongBinGet: stack.Recall(input.U32()); return true;
            case Opcode.BinPut: stack.Remember(input.U8()); return true;
            case Opcode.LongBinPut: stack.Remember(input.U32()); return true;
            case Opcode.Memoize: stack.Memoize(); return true;
            case Opcode.Frame: input.Require(input.Length64()); return true;
            default: return false;
        }
    }

    private bool Object(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Global:
                Find(input.Line(), input.Line());
                return true;
            case Opcode.StackGlobal:
                var names = Last(2);
                Find(names[0] as string, names[1] as string);
                return true;
            case Opcode.Reduce:
                var call = Last(2);
                stack.PushNew(world.Call(
                    call[0] ?? throw PickleErrors.Invalid(input.Key, "The pickle calls nothing."),
                    call[1] as PickleTuple ?? throw PickleErrors.Invalid(input.Key, "The arguments of a call are not a tuple.")));
                return true;
            case Opcode.Build:
                var state = stack.Pop();
                world.Build(stack.Peek(), state);
                return true;
            case Opcode.NewObj:
                var made = Last(2);
                Create(made[0], made[1]);
                return true;
            case Opcode.NewObjEx:
                var named = Last(3);
                Create(named[0], named[1]);
                return true;
            case Opcode.BinPersId: stack.PushNew(world.Persistent(stack.Pop())); return true;
            default: return false;
        }
    }

    private void Create(object? type, object? arguments) => stack.PushNew(world.Create(
        type ?? throw PickleErrors.Invalid(input.Key, "The pickle creates an object without a class."),
        arguments as PickleTuple ?? throw PickleErrors.Invalid(input.Key, "The arguments of an object are not a tuple.")));

    private void Find(string? module, string? name)
    {
        if (module is null || name is null)
        {
            throw PickleErrors.Invalid(input.Key, "A name is not a text.");
        }

        stack.PushNew(world.Find(module, name) ?? throw PickleErrors.Refused(input.Key, PickleErrors.Quote($"{module}.{name}")));
    }

    // In push order.
    private object?[] Last(int count)
    {
        var last = new object?[count];
        for (var index = count - 1; index >= 0; index--)
        {
            last[index] = stack.Pop();
        }

        return last;
    }

    private void Fill(object?[] items)
    {
        if (stack.Peek() is not UnreadObject)
        {
            stack.Peek<PickleList>("a list").Items.AddRange(items);
        }
    }

    private void FillMap(object?[] items)
    {
        if (stack.Peek() is UnreadObject)
        {
            return;
        }

        var map = stack.Peek<PickleMap>("a map");
        if (items.Length % 2 != 0)
        {
            throw PickleErrors.Invalid(input.Key, "A map has a key without a value.");
        }

        for (var index = 0; index < items.Length; index += 2)
        {
            map.Add(items[index], items[index + 1]);
        }
    }

    private static PickleList ListOf(object?[] items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        return list;
    }

    private static object Of(long number) => number >= 0 && number < Small.Length ? Small[number] : number;

    private object Long(uint count)
    {
        if (count > MaxNumberLength)
        {
            throw PickleErrors.Invalid(input.Key, $"A number has {count} bytes; the limit is {MaxNumberLength}.");
        }

        var number = new BigInteger(input.Bytes(count));
        return number >= long.MinValue && number <= long.MaxValue ? Of((long)number) : number;
    }

    private FishException Unknown(Opcode opcode) => Enum.IsDefined(opcode)
        ? PickleErrors.Refused(input.Key, $"the opcode {opcode.ToString().ToUpperInvariant()}")
        : PickleErrors.Invalid(input.Key, $"There is no opcode 0x{(byte)opcode:x2}, as at {input.Position - 1}.");
}
