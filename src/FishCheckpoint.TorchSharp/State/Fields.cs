using System.Globalization;
using System.Reflection;
using FishCheckpoint.Training;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Saves and restores an object's private fields (numbers, flags, strings) by name, for TorchSharp classes without a state dictionary.
/// </summary>
internal static class Fields
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>All fields of an object, including those of its base classes, under unique names.</summary>
    public static IEnumerable<(string Name, FieldInfo Field)> Of(object target)
    {
        for (var type = target.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Own))
            {
                yield return ($"{type.Name}.{field.Name}", field);
            }
        }
    }

    /// <summary>Saves a field if it contains a number, a flag, a string or a list of numbers.</summary>
    public static void Save(StateSection state, string name, FieldInfo field, object target)
    {
        if (TextOf(field, field.GetValue(target)) is { } text)
        {
            state.Set(name, text);
        }
    }

    /// <summary>Refuses values that <see cref="Load"/> cannot use, without changing anything.</summary>
    public static void Check(StateSection state, string name, FieldInfo field, object target) => Read(state, name, field, target);

    /// <summary>Restores a field: the inverse of <see cref="Save"/>.</summary>
    public static void Load(StateSection state, string name, FieldInfo field, object target)
    {
        var saved = Read(state, name, field, target);
        if (saved is double[] numbers && field.GetValue(target) is IList<double> list)
        {
            Fill(list, numbers);
        }
        else if (saved is not null)
        {
            field.SetValue(target, saved);
        }
    }

    // The new value of a field; null if the field is not saved.
    private static object? Read(StateSection state, string name, FieldInfo field, object target)
    {
        var now = field.GetValue(target);
        if (TextOf(field, now) is null)
        {
            return null;
        }

        var text = state.Text(name);
        try
        {
            if (now is not IList<double> list)
            {
                return ValueOf(Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType, text);
            }

            double[] numbers = [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
            return numbers.Length == list.Count
                ? numbers : throw new ArgumentException($"The state has {numbers.Length} numbers; the field has {list.Count}.");
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            throw state.Mismatch(name, $"'{text}' does not fit: {error.Message}");
        }
    }

    private static string? TextOf(FieldInfo field, object? value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        int or long or bool => Convert.ToString(value, CultureInfo.InvariantCulture),
        string word => word,
        IList<double> numbers => string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))),
        _ when field.FieldType.IsEnum => value!.ToString(),
        _ => null,
    };

    private static object ValueOf(Type type, string text) =>
        type.IsEnum ? Enum.Parse(type, text)
        : type == typeof(bool) ? bool.Parse(text)
        : Convert.ChangeType(text, type, CultureInfo.InvariantCulture);

    // In place: other objects may share the list.
    private static void Fill(IList<double> list, double[] numbers)
    {
        for (var index = 0; index < numbers.Length; index++)
        {
            list[index] = numbers[index];
        }
    }
}
