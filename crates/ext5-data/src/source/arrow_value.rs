use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::array_value_to_string;
use serde_json::{Map, Number, Value};

/// The value at `index` of an Arrow array as JSON.
///
/// Binary must be UTF-8. A number that is not finite is null. A 32-bit float becomes the shortest decimal that names
/// it, so that 3.8 stays 3.8. Times, dates, durations and decimals are texts in ISO 8601 or plain decimal form.
///
/// # Errors
/// A reason, where the type has no such form or binary is not UTF-8.
pub(super) fn value(array: &dyn Array, index: usize) -> Result<Value, String> {
    if array.is_null(index) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(index).into(),
        DataType::Int8 => integer::<Int8Type>(array, index),
        DataType::Int16 => integer::<Int16Type>(array, index),
        DataType::Int32 => integer::<Int32Type>(array, index),
        DataType::Int64 => integer::<Int64Type>(array, index),
        DataType::UInt8 => integer::<UInt8Type>(array, index),
        DataType::UInt16 => integer::<UInt16Type>(array, index),
        DataType::UInt32 => integer::<UInt32Type>(array, index),
        DataType::UInt64 => integer::<UInt64Type>(array, index),
        DataType::Float16 => single(array.as_primitive::<Float16Type>().value(index).to_f32()),
        DataType::Float32 => single(array.as_primitive::<Float32Type>().value(index)),
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(index)),
        DataType::Utf8 => array.as_string::<i32>().value(index).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(index).into(),
        DataType::Utf8View => array.as_string_view().value(index).into(),
        DataType::Binary => binary(array.as_binary::<i32>().value(index))?,
        DataType::LargeBinary => binary(array.as_binary::<i64>().value(index))?,
        DataType::BinaryView => binary(array.as_binary_view().value(index))?,
        DataType::FixedSizeBinary(_) => binary(array.as_fixed_size_binary().value(index))?,
        DataType::List(_) => list(&array.as_list::<i32>().value(index))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(index))?,
        DataType::ListView(_) => list(&array.as_list_view::<i32>().value(index))?,
        DataType::LargeListView(_) => list(&array.as_list_view::<i64>().value(index))?,
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(index))?,
        DataType::Struct(_) => object(array.as_struct(), index)?,
        DataType::Map(..) => map(&array.as_map().value(index))?,
        DataType::Dictionary(..) => dictionary(array, index)?,
        DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => array_value_to_string(array, index)
            .map_err(|error| error.to_string())?
            .into(),
        other => return Err(format!("values of type `{other}` cannot be read")),
    })
}

fn integer<T: ArrowPrimitiveType>(array: &dyn Array, index: usize) -> Value
where
    Value: From<T::Native>,
{
    array.as_primitive::<T>().value(index).into()
}

fn single(number: f32) -> Value {
    number.to_string().parse().map_or(Value::Null, double)
}

fn double(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn binary(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!(
            "byte {} of a binary value is not UTF-8",
            error.valid_up_to()
        )
    })?;
    Ok(text.into())
}

fn list(elements: &ArrayRef) -> Result<Value, String> {
    (0..elements.len())
        .map(|index| value(elements.as_ref(), index))
        .collect()
}

fn object(array: &StructArray, index: usize) -> Result<Value, String> {
    let mut object = Map::new();
    for (name, column) in array.column_names().into_iter().zip(array.columns()) {
        object.insert(name.to_owned(), value(column.as_ref(), index)?);
    }
    Ok(Value::Object(object))
}

/// A map: its keys as texts, in their order.
fn map(entries: &StructArray) -> Result<Value, String> {
    let [keys, values] = entries.columns() else {
        return Err("a map does not have keys and values".to_owned());
    };
    let mut object = Map::new();
    for index in 0..entries.len() {
        let key = match value(keys.as_ref(), index)? {
            Value::String(key) => key,
            other => other.to_string(),
        };
        object.insert(key, value(values.as_ref(), index)?);
    }
    Ok(Value::Object(object))
}

fn dictionary(array: &dyn Array, index: usize) -> Result<Value, String> {
    let dictionary = array.as_any_dictionary();
    let key = value(dictionary.keys(), index)?;
    let key = key.as_u64().and_then(|key| usize::try_from(key).ok());
    match key.filter(|key| *key < dictionary.values().len()) {
        Some(key) => value(dictionary.values().as_ref(), key),
        None => Err("a dictionary has no value for its key".to_owned()),
    }
}
