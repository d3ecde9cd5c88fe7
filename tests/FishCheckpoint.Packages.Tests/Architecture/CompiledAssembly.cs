using Mono.Cecil.Cil;
using Mono.Cecil;

namespace FishCheckpoint.Packages.Tests.Architecture;

/// <summary>What the types of a compiled assembly name: in signatures, attributes and bodies.</summary>
internal sealed class CompiledAssembly
{
    private CompiledAssembly(ModuleDefinition module) => (Name, Types) = (
        module.Assembly.Name.Name,
        [
            .. module.Types.Where(type => type.Namespace.StartsWith("FishCheckpoint", StringComparison.Ordinal))
                .Select(type => new CompiledType(
                    type.Namespace, type.FullName, [.. NamedBy(type).Distinct().SelectMany(Plain).Distinct()], [.. TextsOf(type)])),
        ]);

    public string Name { get; }

    /// <summary>The outermost types: what is nested in one, or made for one by the compiler, counts as its own.</summary>
    public IReadOnlyList<CompiledType> Types { get; }

    public static CompiledAssembly Read(string path)
    {
        using var module = ModuleDefinition.ReadModule(path);
        return new CompiledAssembly(module);
    }

    private static IEnumerable<TypeReference?> NamedBy(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(implemented => implemented.InterfaceType),
        .. Attributes(type),
        .. Constraints(type),
        .. type.Fields.SelectMany(field => (IEnumerable<TypeReference?>)[field.FieldType, .. Attributes(field)]),
        .. type.Properties.SelectMany(property => (IEnumerable<TypeReference?>)[property.PropertyType, .. Attributes(property)]),
        .. type.Methods.SelectMany(NamedBy),
        .. type.NestedTypes.SelectMany(NamedBy),
    ];

    private static IEnumerable<TypeReference?> NamedBy(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.Parameters.SelectMany(parameter => (IEnumerable<TypeReference?>)[parameter.ParameterType, .. Attributes(parameter)]),
        .. Attributes(method),
        .. Constraints(method),
        .. method.HasBody ? NamedBy(method.Body) : [],
    ];

    private static IEnumerable<TypeReference?> NamedBy(MethodBody body) =>
    [
        .. body.Variables.Select(variable => variable.VariableType),
        .. body.ExceptionHandlers.Select(handler => handler.CatchType),
        .. body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            TypeReference named => (IEnumerable<TypeReference?>)[named],
            FieldReference field => [field.DeclaringType, field.FieldType],
            GenericInstanceMethod generic => [generic.DeclaringType, generic.ReturnType, .. generic.GenericArguments],
            MethodReference called => [called.DeclaringType, called.ReturnType],
            _ => [],
        }),
    ];

    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider provider) =>
        provider.CustomAttributes.Select(attribute => attribute.AttributeType);

    private static IEnumerable<TypeReference?> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType));

    // Arrays, references and generic types are their parts; nested types their outermost one.
    private static IEnumerable<NamedType> Plain(TypeReference? type)
    {
        switch (type)
        {
            case null or GenericParameter:
                return [];
            case GenericInstanceType generic:
                return [.. Plain(generic.ElementType), .. generic.GenericArguments.SelectMany(Plain)];
            case TypeSpecification special:
                return Plain(special.ElementType);
            default:
                while (type.DeclaringType is { } outer)
                {
                    type = outer;
                }

                return [new NamedType(type.Namespace, type.FullName)];
        }
    }

    private static IEnumerable<string> TextsOf(TypeDefinition type) =>
    [
        .. type.Fields.Where(field => field.Constant is string).Select(field => (string)field.Constant),
        .. type.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Instructions)
            .Where(instruction => instruction.OpCode == OpCodes.Ldstr).Select(instruction => (string)instruction.Operand),
        .. type.NestedTypes.SelectMany(TextsOf),
    ];
}

/// <summary>A type of an assembly, with the types it names and the texts it holds.</summary>
internal sealed record CompiledType(string Namespace, string FullName, IReadOnlyList<NamedType> Names, IReadOnlyList<string> Texts);

/// <summary>A type that another one names.</summary>
internal readonly record struct NamedType(string Namespace, string FullName);

/// <summary>The arrows between namespaces that are part of a cycle.</summary>
internal static class Cycles
{
    /// <summary>Every arrow from one namespace of an assembly to another that leads back to the first.</summary>
    public static IEnumerable<string> Of(CompiledAssembly assembly)
    {
        var own = assembly.Types.Select(type => type.Namespace).ToHashSet(StringComparer.Ordinal);
        var arrows = assembly.Types
            .SelectMany(type => type.Names.Where(named => own.Contains(named.Namespace) && named.Namespace != type.Namespace)
                .Select(named => (From: type.Namespace, To: named.Namespace)))
            .Distinct().ToLookup(arrow => arrow.From, arrow => arrow.To);
        var reached = own.ToDictionary(from => from, from => ReachedFrom(from, arrows));
        return own.SelectMany(from => arrows[from].Where(to => reached[to].Contains(from)).Select(to => $"{from} -> {to}"));
    }

    private static HashSet<string> ReachedFrom(string from, ILookup<string, string> arrows)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>(arrows[from]);
        while (left.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var to in arrows[next])
                {
                    left.Push(to);
                }
            }
        }

        return reached;
    }
}
