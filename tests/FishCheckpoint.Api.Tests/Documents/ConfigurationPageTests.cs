using System.Globalization;
using System.Reflection;
using System.Text;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>docs/reference/configuration.md describes every setting of the settings class.</summary>
public sealed class ConfigurationPageTests
{
    private static readonly XmlDocs Docs = new(typeof(FishSettings).Assembly);

    [Fact]
    public void Page_DescribesEverySetting()
    {
        var page = new StringBuilder();
        Section(page, FishSettings.Section, new FishSettings(), "General settings.");
        GeneratedPage.Check("configuration.md", page.ToString());
    }

    private static void Section(StringBuilder page, string path, object settings, string meaning)
    {
        PropertyInfo[] properties = [.. settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)];
        page.Append($"## {path}\n\n{meaning}\n\n| setting | environment variable | type | default | meaning |\n|---|---|---|---|---|\n");
        foreach (var property in properties.Where(property => !IsSection(property)))
        {
            var variable = $"{path}:{property.Name}".Replace(":", "__", StringComparison.Ordinal);
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            page.AppendLine(GeneratedPage.Row(
                $"`{property.Name}`", $"`{variable}`", TypeOf(type), ValueOf(property.GetValue(settings)), MeaningOf(property)));
        }

        page.Append('\n');
        foreach (var property in properties.Where(IsSection))
        {
            Section(page, $"{path}:{property.Name}", property.GetValue(settings)!, MeaningOf(property));
        }
    }

    private static bool IsSection(PropertyInfo property) => property.PropertyType.DeclaringType == typeof(FishSettings);

    // The page has a column for the default.
    private static string MeaningOf(PropertyInfo property)
    {
        var text = Docs.SummaryOf($"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}");
        var end = text.LastIndexOf(" Default: ", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }

    private static string TypeOf(Type type) =>
        type.IsEnum ? string.Join(", ", Enum.GetNames(type)
            .Where(name => type.GetField(name)!.GetCustomAttribute<ObsoleteAttribute>() is null).Select(name => $"`{name}`"))
        : type == typeof(TimeSpan) ? "time span"
        : type == typeof(bool) ? "`true` or `false`"
        : type == typeof(int) || type == typeof(long) ? "integer"
        : type == typeof(double) ? "number"
        : type == typeof(Uri) ? "URL"
        : "text";

    private static string ValueOf(object? value) => value switch
    {
        null => "none",
        bool on => on ? "`true`" : "`false`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };
}
